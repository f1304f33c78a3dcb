// Package curlew is an RPC framework: services defined in Protocol Buffers, called
// over HTTP/2 by the gRPC protocol, by and from any language that has gRPC.
//
// The code for a service is generated from its .proto file, by "curlew generate"
// or by the plugin protoc-gen-curlew. A server implements the generated interface:
//
//	srv := curlew.NewServer()
//	userv1.RegisterUserService(srv, users{})
//	err := srv.ListenAndServe(ctx, ":8080")
//
// and a client calls the generated methods:
//
//	client, err := curlew.NewClient("dns:///users.internal:8080")
//	users := userv1.NewUserServiceClient(client)
//	user, err := users.GetUser(ctx, &userv1.GetUserRequest{Id: 1})
//
// Streams are consumed as iterators and produced by Send. Failures are errors
// with a [Code]; see [Errorf] and [Error]. An [Interceptor] surrounds calls of
// all kinds, on both sides. Deadlines and cancellation travel with the context,
// through a server's handler into the calls that it makes. What a call carries
// besides its messages is in its [Call], which [CallFrom] finds.
//
// The HTTP/2 engine is the module's own; net/http is not linked.
package curlew
