// Client performs the field's interoperability cases by Curlew, with the flags of
// the other stacks' interoperability clients. -test_case takes a list;
// what fails is told case by case, and the exit code is then 1.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/testdata"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/cases"
)

var (
	host         = flag.String("server_host", "localhost", "the server's host")
	port         = flag.Int("server_port", 10000, "the server's port")
	hostOverride = flag.String("server_host_override", "", "the name to verify the server's certificate for, instead of the host")
	useTLS       = flag.Bool("use_tls", false, "whether to use TLS")
	useTestCA    = flag.Bool("use_test_ca", false, "whether to trust the field's test authority instead of the system's")
	caFile       = flag.String("ca_file", "", "the file of the authority to trust instead")
	testCase     = flag.String("test_case", "large_unary", "cases, with commas between them; all, standard and peer are lists of: "+strings.Join(names(), ", "))
	skip         = flag.String("skip", "", "cases not to perform, with commas between them")
	joins        = flag.Bool("joins_metadata", false, "whether the server's stack makes one value of repeated metadata")
	caseTimeout  = flag.Duration("case_timeout", time.Minute, "how long a case may take")
	userAgent    = flag.String("user_agent", "", "put before the library's own")
	metadata     = flag.String("additional_metadata", "", "to send with each request: name:value, with semicolons between them")
	soak         = soakFlags()
)

// soakFlags defines the flags of the soak cases.
func soakFlags() func() cases.Soak {
	d := cases.DefaultSoak()
	iterations := flag.Int("soak_iterations", d.Iterations, "iterations of rpc_soak and channel_soak")
	failures := flag.Int("soak_max_failures", d.MaxFailures, "iterations that may fail")
	latency := flag.Int("soak_per_iteration_max_acceptable_latency_ms", int(d.MaxLatency.Milliseconds()), "milliseconds above which an iteration has failed")
	overall := flag.Int("soak_overall_timeout_seconds", int(d.Overall.Seconds()), "seconds for all iterations")
	interval := flag.Int("soak_min_time_ms_between_rpcs", 0, "least milliseconds between calls of a thread")
	request := flag.Int("soak_request_size", int(d.Request), "bytes of a request's payload")
	response := flag.Int("soak_response_size", int(d.Response), "bytes of a response's payload")
	threads := flag.Int("soak_num_threads", d.Threads, "threads, which share the iterations")
	concurrent := flag.Int("concurrent_calls", d.Concurrent, "calls at once of concurrent_large_unary")
	return func() cases.Soak {
		return cases.Soak{
			Concurrent:  *concurrent,
			Iterations:  *iterations,
			Threads:     *threads,
			MaxFailures: *failures,
			MaxLatency:  time.Duration(*latency) * time.Millisecond,
			Overall:     time.Duration(*overall) * time.Second,
			MinInterval: time.Duration(*interval) * time.Millisecond,
			Request:     int32(*request),
			Response:    int32(*response),
		}
	}
}

func all() []cases.Case { return append(cases.Standard(), cases.Peer()...) }

func names() (names []string) {
	for _, c := range all() {
		names = append(names, c.Name)
	}
	return names
}

func main() {
	flag.Parse()
	failed, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(2)
	}
	if failed {
		os.Exit(1)
	}
}

func run() (failed bool, err error) {
	chosen, err := choose(*testCase)
	if err != nil {
		return false, err
	}
	skipped := strings.Split(*skip, ",")
	chosen = slices.DeleteFunc(chosen, func(c cases.Case) bool { return slices.Contains(skipped, c.Name) })
	opts, err := options()
	if err != nil {
		return false, err
	}
	target := "dns:///" + net.JoinHostPort(*host, strconv.Itoa(*port))
	env := &cases.Env{
		Dial: func() (*curlew.Client, error) { return curlew.NewClient(target, opts...) },
		Soak: soak(),

		JoinsMetadata: *joins,
	}
	if env.Client, err = env.Dial(); err != nil {
		return false, err
	}
	defer env.Client.Close()
	for _, c := range chosen {
		ctx, cancel := context.WithTimeout(context.Background(), *caseTimeout)
		start := time.Now()
		err := c.Run(ctx, env)
		cancel()
		if err != nil {
			failed = true
			fmt.Printf("FAIL %s: %v\n", c.Name, err)
			continue
		}
		fmt.Printf("ok   %s (%v)\n", c.Name, time.Since(start).Round(time.Millisecond))
	}
	return failed, nil
}

// choose returns the cases of a list of names.
func choose(list string) (chosen []cases.Case, err error) {
	known := all()
	for name := range strings.SplitSeq(list, ",") {
		switch name {
		case "all":
			chosen = append(chosen, known...)
			continue
		case "standard":
			chosen = append(chosen, cases.Standard()...)
			continue
		case "peer":
			chosen = append(chosen, cases.Peer()...)
			continue
		}
		i := slices.IndexFunc(known, func(c cases.Case) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no case %q; there are %s", name, strings.Join(names(), ", "))
		}
		chosen = append(chosen, known[i])
	}
	return chosen, nil
}

func options() ([]curlew.ClientOption, error) {
	opts := cases.Options()
	if *userAgent != "" {
		opts = append(opts, curlew.WithUserAgent(*userAgent))
	}
	fields, err := fields(*metadata)
	if err != nil {
		return nil, err
	}
	opts = append(opts, curlew.WithCallOptions(fields...))
	if !*useTLS {
		return opts, nil
	}
	cfg := &tls.Config{ServerName: *hostOverride}
	if file := *caFile; file != "" || *useTestCA {
		if file == "" {
			file = testdata.Path("ca.pem")
		}
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New(file + " holds no certificate")
		}
	}
	return append(opts, curlew.WithTLS(cfg)), nil
}

// fields parses -additional_metadata.
func fields(list string) (opts []curlew.CallOption, err error) {
	if list == "" {
		return nil, nil
	}
	for field := range strings.SplitSeq(list, ";") {
		name, value, ok := strings.Cut(field, ":")
		if !ok {
			return nil, fmt.Errorf("-additional_metadata: no colon in %q", field)
		}
		opts = append(opts, curlew.AddHeader(name, value))
	}
	return opts, nil
}
