package load

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew"
)

// Calls are made at their times, however long others take, and how long one took
// counts from when it was due.
func TestOpenLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		r := Run(Plan{Rate: 100, Duration: time.Second}, 7, func(ctx context.Context, id uint64) (uint32, curlew.Code, error) {
			if want := time.Duration(id-7) * 10 * time.Millisecond; time.Since(begun) != want {
				t.Errorf("call %d is made after %v, want %v", id, time.Since(begun), want)
			}
			if id%2 == 0 {
				time.Sleep(time.Minute)
				return 0, curlew.Unavailable, errors.New("no")
			}
			time.Sleep(time.Millisecond)
			return 3, curlew.OK, nil
		})
		if r.Issued() != 100 || r.Lost() != 50 || r.Good().Issued() != 50 || len(r.Errors) != 50 {
			t.Errorf("%d calls, %d lost, %d errors", r.Issued(), r.Lost(), len(r.Errors))
		}
		if a, b := r.Took(0.25), r.Took(0.75); a != time.Millisecond || b != time.Minute {
			t.Errorf("they take %v and %v", a, b)
		}
		if s := r.Share(3); s != 0.5 {
			t.Errorf("server 3 has a share of %v", s)
		}
		if n := r.Between(begun, begun.Add(500*time.Millisecond)).Issued(); n != 50 {
			t.Errorf("%d calls in the first half", n)
		}
		if c := r.Codes(); c != "OK 50, UNAVAILABLE 50" {
			t.Errorf("codes: %s", c)
		}
		if k := r.Kinds(3); !slices.Equal(k, []string{"50 times: no"}) {
			t.Errorf("errors: %q", k)
		}
	})
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Start(Plan{Rate: 10, Duration: time.Hour}, 0, func(context.Context, uint64) (uint32, curlew.Code, error) {
			time.Sleep(time.Second)
			return 0, curlew.OK, nil
		})
		time.Sleep(2*time.Second - time.Millisecond)
		if n := l.Running(); n != 10 {
			t.Errorf("%d calls are under way", n)
		}
		l.Stop()
		if r := l.Wait(); r.Issued() != 20 || r.Lost() != 0 || !l.Done() {
			t.Errorf("%d calls, %d lost", r.Issued(), r.Lost())
		}
	})
}

func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := Run(Plan{Rate: 10, Duration: time.Second, Deadline: time.Second}, 0, func(ctx context.Context, id uint64) (uint32, curlew.Code, error) {
			<-ctx.Done()
			return 0, curlew.DeadlineExceeded, ctx.Err()
		})
		if r.Lost() != 10 || r.Took(0) != time.Second || r.Took(1) != time.Second {
			t.Errorf("%d lost, after %v to %v", r.Lost(), r.Took(0), r.Took(1))
		}
	})
}

func TestClosedLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(context.Context, uint64) (uint32, curlew.Code, error) {
			time.Sleep(100 * time.Millisecond)
			return 0, curlew.OK, nil
		}
		if n := Saturate(5, 0, time.Second, time.Minute, 0, slow).Issued(); n != 50 {
			t.Errorf("%d calls in a second", n)
		}
		if n := Saturate(5, 3, time.Hour, time.Minute, 0, slow).Issued(); n != 15 {
			t.Errorf("%d calls in three rounds", n)
		}
	})
}
