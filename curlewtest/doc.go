// Package curlewtest helps to test what is made with Curlew: servers and clients in
// one process without sockets, a recorder of calls, fakes of streams, and checks
// that nothing is left behind. All of it works in the bubbles of testing/synctest.
package curlewtest
