package main

import "errors"

var errLater = errors.New("later")

func rollingStreams(r *run) error { return errLater }
func downLong(r *run) error       { return errLater }
func downShort(r *run) error      { return errLater }
func namesChange(r *run) error    { return errLater }
func retryStorm(r *run) error     { return errLater }
func hedging(r *run) error        { return errLater }
func namesOutage(r *run) error    { return errLater }
func picks(r *run) error          { return errLater }
func overload(r *run) error       { return errLater }
