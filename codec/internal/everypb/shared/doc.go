// Package shared has a message that those of other packages hold.
package shared
