// Package rest holds the rules by which HTTP requests with JSON are calls of gRPC
// methods (google/api/http.proto): rules of methods, templates of paths, the choice
// of a method by verb and path, query strings and statuses.
//
// Every function is pure. What a peer sent never makes one panic, and never costs
// more than its length times what the program itself has registered. Nothing here
// knows protobuf's descriptors: which field a variable names is the caller's business.
package rest
