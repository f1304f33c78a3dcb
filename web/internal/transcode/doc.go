// Package transcode fills the requests of gRPC methods from HTTP requests and writes
// their responses as HTTP bodies, as google.api.http says (google/api/http.proto).
//
// What does not change from call to call is looked up when a rule is compiled: fields
// of path variables, names of query parameters, what the bodies are. Errors about a
// request are of type [*grpc.Error] with InvalidArgument and name the field, the
// parameter or the place in the body that is wrong.
package transcode
