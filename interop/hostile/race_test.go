//go:build race

package hostile

// costs is how many times more memory a process takes here: the race detector keeps
// as much again for every word, several times, and gives none of it back.
const costs = 6
