//go:build race

package arena

// raceDetector is whether the server is watched for races too: then it takes up to ten
// times the memory (go.dev/doc/articles/race_detector), and what stands for memory that
// has been given back is not given back.
const raceDetector = true
