// Testing has a service whose tests are the example: of handlers without a server,
// of the service as clients see it without a socket, and of an hour that passes at
// once.
//
//	go test -v ./testing
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"os"
	"time"

	"github.com/curlew-rpc/curlew"
	weatherv1 "github.com/curlew-rpc/curlew/examples/proto/weather/v1"
)

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := curlew.NewServer()
	weatherv1.RegisterWeatherService(srv, &weather{
		every:   10 * time.Millisecond,
		measure: func(station string) float64 { return math.Sqrt(float64(10 * len(station))) },
	})
	go srv.Serve(l)
	defer srv.Close()

	client, err := curlew.NewClient(l.Addr().String())
	if err != nil {
		return err
	}
	defer client.Close()
	c := weatherv1.NewWeatherServiceClient(client).With(curlew.Timeout(5 * time.Second))
	for res, err := range c.Watch(context.Background(), &weatherv1.WatchRequest{Station: "Skellig"}) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %.1f °C\n", res.GetReading().GetStation(), res.GetReading().GetCelsius())
		break
	}
	return nil
}
