// Package openapi judges the OpenAPI documents that Curlew makes, by the schema of
// OpenAPI 3.1, by a library that reads such documents, and by JSON that protobuf's own
// encoder writes.
package openapi
