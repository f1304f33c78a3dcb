// Package openapi describes services as OpenAPI 3.1 documents: the routes that
// google.api.http gives to methods, and the routes that the Connect protocol has for
// all of them. Messages become JSON Schemas of what protobuf's JSON mapping makes of
// them.
package openapi
