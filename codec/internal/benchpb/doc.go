// Package benchpb has the messages that codecs are measured with.
package benchpb
