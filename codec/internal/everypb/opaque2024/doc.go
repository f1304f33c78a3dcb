// Package opaque2024 has messages with fields of every kind, for the tests of codecs.
package opaque2024
