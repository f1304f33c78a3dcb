//go:build race

package curlew_test

const raceEnabled = true
