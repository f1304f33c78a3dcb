// Package health has servers tell how they are, and clients ask, by gRPC's health
// checking protocol: the service grpc.health.v1.Health, which load balancers,
// Kubernetes and other stacks' clients know.
package health
