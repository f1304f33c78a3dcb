// Package orca has servers tell their clients how loaded they are, so that clients can
// give each server its share: by ORCA, Open Request Cost Aggregation (gRFC A51), which
// gRPC's weighted_round_robin and Envoy's client_side_weighted_round_robin go by.
//
// A [Reporter] knows the load of a server. Its Interceptor sends it with each response,
// together with what a handler says of its own call by [CallFrom]; Register has clients
// that ask for it told again and again, with no call needed:
//
//	load := orca.NewReporter(orca.WithProcessCPU())
//	srv := curlew.NewServer(curlew.WithInterceptors(load.Interceptor()))
//	load.Register(srv)
//
// A weight is calls a second over utilization. The Interceptor counts the calls; a
// server says its utilization, by SetApplication if it knows what limits it, otherwise
// as that of the processors.
package orca
