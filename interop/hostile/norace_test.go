//go:build !race

package hostile

// costs is how many times more memory a process takes than others do.
const costs = 1
