// Package archtest holds tests of the project as a whole: who may import whom,
// what the public API is, how large a file or a function may get. It has no code
// but its tests.
package archtest
