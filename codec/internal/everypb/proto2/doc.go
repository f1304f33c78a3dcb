// Package proto2 has messages with fields of every kind, for the tests of codecs.
package proto2
