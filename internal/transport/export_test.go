package transport

// Put has an encoded message sent with an Outgoing.
var Put = Encoded.put
