import { startChat } from "./chat";
import { startOrders } from "./orders";
import { startPlacing } from "./place";
import { startTheme } from "./theme";

startTheme();
startPlacing();
startOrders();
startChat();
