// Package open has messages with fields of every kind, for the tests of codecs.
package open
