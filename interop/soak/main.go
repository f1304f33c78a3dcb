// Soak has clients call a server for as long as it is told, each a process of its
// own: calls of all kinds, from nothing to 1 MiB, some cancelled at any moment, some
// with deadlines too short, some that are to fail. It shows how many calls there
// were, how many failed, and each side's goroutines, memory and open streams; at
// the end it checks that these are flat.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

var (
	duration = flag.Duration("duration", 2*time.Minute, "how long to call")
	clients  = flag.Int("clients", 4, "client processes")
	callers  = flag.Int("callers", 16, "calls at once of each client")
	report   = flag.Duration("report", 10*time.Second, "from one report to the next")
	seed     = flag.Uint64("seed", 1, "for what is random")
	role     = flag.String("role", "", "what a process is that soak starts: server or client")
	address  = flag.String("address", "", "the server's, for a client")
)

func main() {
	flag.Parse()
	var err error
	switch *role {
	case "server":
		err = serve()
	case "client":
		err = call(*address, *callers, *seed)
	case "":
		var failed int
		if failed, err = soak(); err == nil && failed > 0 {
			os.Exit(1)
		}
	default:
		err = fmt.Errorf("there is no role %q", *role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", *role, err)
		os.Exit(1)
	}
}
