// Package reflection has a server tell clients such as curlew, grpcurl or Postman
// which services it has and what their messages look like, by gRPC's server
// reflection: the services grpc.reflection.v1.ServerReflection and its older name
// in v1alpha.
//
// A server does so only when Register is called. Then whoever may call it can also
// read the definitions of all the protobuf files that the program links.
package reflection
