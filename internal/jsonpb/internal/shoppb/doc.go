// Package shoppb has messages such as services have, with well-known types, for the
// tests of protobuf JSON.
package shoppb
