// Package faults has nothing but tests: what becomes of calls when processes die,
// connections break and networks fail. Servers and clients that are to die are
// processes of their own, made of the test binary; see TestMain.
package faults
