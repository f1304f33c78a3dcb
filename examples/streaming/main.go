// Streaming shows the three kinds of call in which at least one side sends many
// messages: a weather station reports, somebody watches it, somebody compares.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log"
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
	weatherv1.RegisterWeatherService(srv, &weather{readings: map[string][]float64{}})
	go srv.Serve(l)
	defer srv.Close()

	client, err := curlew.NewClient(l.Addr().String())
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c := weatherv1.NewWeatherServiceClient(client)
	return errors.Join(report(ctx, out, c), watch(ctx, out, c), compare(ctx, out, c))
}

// report streams to the server. What it sends can be made as it is sent; a slow
// server slows the iterator down.
func report(ctx context.Context, out io.Writer, c weatherv1.WeatherServiceClient) error {
	for _, station := range []string{"Skellig", "Mizen"} {
		res, err := c.Report(ctx, measure(station, 3))
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %d readings, %.1f °C on average\n", station, res.GetCount(), res.GetMeanCelsius())
	}
	return nil
}

// measure yields readings of a station as it takes them.
func measure(station string, n int) iter.Seq2[*weatherv1.ReportRequest, error] {
	return func(yield func(*weatherv1.ReportRequest, error) bool) {
		for i := range n {
			celsius := float64(len(station) + i)
			req := &weatherv1.ReportRequest{Reading: &weatherv1.Reading{Station: station, Celsius: celsius}}
			if !yield(req, nil) {
				return
			}
		}
	}
}

// watch receives a stream. The call begins with the loop and ends with it, also
// when the loop is left early.
func watch(ctx context.Context, out io.Writer, c weatherv1.WeatherServiceClient) error {
	for res, err := range c.Watch(ctx, &weatherv1.WatchRequest{Station: "Skellig"}) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "Skellig: %.1f °C\n", res.GetReading().GetCelsius())
		if res.GetReading().GetCelsius() >= 8 {
			fmt.Fprintln(out, "warm enough")
			break
		}
	}
	return nil
}

// compare sends and receives in turn.
func compare(ctx context.Context, out io.Writer, c weatherv1.WeatherServiceClient) error {
	call, err := c.Compare(ctx)
	if err != nil {
		return err
	}
	defer call.Close()
	for _, pair := range [][2]string{{"Skellig", "Mizen"}, {"Mizen", "Skellig"}} {
		if err := call.Send(&weatherv1.CompareRequest{Station: pair[0], OtherStation: pair[1]}); err != nil {
			break // the call is over: Recv says why
		}
		res, err := call.Recv()
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s is warmer by %.1f °C\n", res.GetWarmer(), res.GetDifferenceCelsius())
	}
	if err := call.CloseSend(); err != nil {
		return err
	}
	if _, err := call.Recv(); err != io.EOF {
		return err
	}
	fmt.Fprintln(out, "nothing more to compare")
	return nil
}
