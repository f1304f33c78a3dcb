package curlewtest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/curlewtest"
)

func leaker(end <-chan struct{}) { <-end }

// late ends, but later than a check waits.
func late(end <-chan struct{}) {
	select {
	case <-end:
	case <-time.After(time.Minute):
	}
}

func TestNoLeaks(t *testing.T) {
	for _, test := range []struct {
		name  string
		start func(end chan struct{})
		want  []string
	}{
		{"nothing started", func(chan struct{}) {}, nil},
		{"ended", func(chan struct{}) {
			done := make(chan bool)
			go close(done)
			<-done
		}, nil},
		{"ends later", func(chan struct{}) { go time.Sleep(4 * time.Second) }, nil},
		{"ends too late", func(end chan struct{}) { go late(end) }, []string{"curlewtest_test.late\n"}},
		{"left", func(end chan struct{}) { go leaker(end) }, []string{"1 goroutines", "curlewtest_test.leaker\n", "leak_test.go:"}},
		{"several left", func(end chan struct{}) {
			for range 3 {
				go leaker(end)
			}
		}, []string{"3 goroutines"}},
		{"left by another", func(end chan struct{}) {
			done := make(chan bool)
			go func() {
				go leaker(end)
				close(done)
			}()
			<-done
		}, []string{"leaker"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end := make(chan struct{})
				defer close(end)
				wantFailure(t, probed(t, func(t testing.TB) {
					curlewtest.NoLeaks(t)
					test.start(end)
				}), test.want...)
			})
		})
	}
}

// What is put into Cleanup after NoLeaks may end what the test started; what was
// there before, and what other tests start, is not looked at.
func TestNoLeaksIsForOneTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := make(chan struct{})
		defer close(end)
		go leaker(end)
		wantFailure(t, probed(t, func(t testing.TB) {
			go leaker(end)
			curlewtest.NoLeaks(t)
			own := make(chan struct{})
			t.Cleanup(func() { close(own) })
			go leaker(own)
		}))
		failures := probed(t, func(inner testing.TB) {
			curlewtest.NoLeaks(inner)
			wantFailure(t, probed(t, func(other testing.TB) {
				curlewtest.NoLeaks(other)
			}))
			go leaker(end)
		})
		wantFailure(t, failures, "leaker")
		if strings.Contains(failures[0], "TestNoLeaksIsForOneTest.func1\n") {
			t.Errorf("the test itself is said to be left:\n%s", failures[0])
		}
	})
}
