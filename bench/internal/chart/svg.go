// Package chart draws charts as SVG, for a light and for a dark page.
package chart

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// Theme is a set of colours.
type Theme struct {
	Name       string
	background string
	text       string
	muted      string
	grid       string
	accents    []string // of what the chart is about, one a series
	peers      []string // of what it is compared with
	references []string // of what is no peer but a measure
}

// Light is for a white page, Dark for a black one.
var (
	Light = Theme{
		Name: "light", background: "#ffffff", text: "#1f2933", muted: "#667482", grid: "#e6eaee",
		accents:    []string{"#0b7a75", "#3fa9a2", "#9ad4cf"},
		peers:      []string{"#7d8ea3", "#a7b4c4", "#ccd5df"},
		references: []string{"#c9b28b", "#dccbae", "#ebe1d0"},
	}
	Dark = Theme{
		Name: "dark", background: "#0d1117", text: "#e6edf3", muted: "#8d99a6", grid: "#222a33",
		accents:    []string{"#35c9be", "#23928b", "#186560"},
		peers:      []string{"#75849a", "#566376", "#3d4756"},
		references: []string{"#a08a62", "#776748", "#554a36"},
	}
)

// Role says what a bar or a line stands for.
type Role int

// Peer is compared with, Accent is what the chart is about, Reference is a
// measure that does less than all others.
const (
	Peer Role = iota
	Accent
	Reference
)

func (t Theme) colour(role Role, series int) string {
	colours := t.peers
	switch role {
	case Accent:
		colours = t.accents
	case Reference:
		colours = t.references
	}
	return colours[min(series, len(colours)-1)]
}

const (
	width      = 760
	margin     = 24
	titleSize  = 17
	noteSize   = 12.5
	labelSize  = 13
	headHeight = 62
	fontFamily = "-apple-system,BlinkMacSystemFont,'Segoe UI',Helvetica,Arial,sans-serif"
)

// drawing collects the elements of an image.
type drawing struct {
	strings.Builder
	theme Theme
}

// head begins an image with its title and, below, what the axis means.
func (d *drawing) head(height float64, title, note string) {
	fmt.Fprintf(d, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%s" viewBox="0 0 %d %s" role="img" font-family="%s">`+"\n",
		width, number(height), width, number(height), fontFamily)
	fmt.Fprintf(d, "<title>%s</title>\n", html.EscapeString(title))
	fmt.Fprintf(d, `<rect width="%d" height="%s" rx="8" fill="%s"/>`+"\n", width, number(height), d.theme.background)
	d.text(margin, 30, titleSize, d.theme.text, "start", `font-weight="600"`, title)
	d.text(margin, 50, noteSize, d.theme.muted, "start", "", note)
}

func (d *drawing) tail() string {
	d.WriteString("</svg>\n")
	return d.String()
}

func (d *drawing) text(x, y, size float64, colour, anchor, style, s string) {
	if style != "" {
		style = " " + style
	}
	fmt.Fprintf(d, `<text x="%s" y="%s" font-size="%s" fill="%s" text-anchor="%s"%s>%s</text>`+"\n",
		number(x), number(y), number(size), colour, anchor, style, html.EscapeString(s))
}

func (d *drawing) rect(x, y, w, h float64, colour string) {
	fmt.Fprintf(d, `<rect x="%s" y="%s" width="%s" height="%s" rx="2" fill="%s"/>`+"\n", number(x), number(y), number(w), number(h), colour)
}

func (d *drawing) line(x1, y1, x2, y2, thickness float64, colour string) {
	fmt.Fprintf(d, `<line x1="%s" y1="%s" x2="%s" y2="%s" stroke="%s" stroke-width="%s"/>`+"\n",
		number(x1), number(y1), number(x2), number(y2), colour, number(thickness))
}

// legend names the series in the upper right corner.
func (d *drawing) legend(names []string, colours []string) {
	x := float64(width - margin)
	for i := len(names) - 1; i >= 0; i-- {
		x -= textWidth(names[i], noteSize)
		d.text(x, 30, noteSize, d.theme.muted, "start", "", names[i])
		x -= 16
		d.rect(x, 20, 11, 11, colours[i])
		x -= 14
	}
}

// textWidth estimates how wide a text is drawn; an SVG cannot measure it.
func textWidth(s string, size float64) float64 {
	n := 0.0
	for _, r := range s {
		switch {
		case strings.ContainsRune("iljtf.,:;|!'()[] ", r):
			n += 0.33
		case strings.ContainsRune("mwMW", r):
			n += 0.86
		case r >= 'A' && r <= 'Z', r == '+':
			n += 0.68
		default:
			n += 0.57
		}
	}
	return n * size
}

func number(x float64) string { return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64) }

// steps returns round numbers from 0 to at least limit, four to eight of them.
func steps(limit float64) []float64 {
	if limit <= 0 || math.IsNaN(limit) || math.IsInf(limit, 0) {
		return []float64{0, 1}
	}
	step := math.Pow(10, math.Floor(math.Log10(limit)))
	for _, part := range []float64{0.1, 0.2, 0.25, 0.5, 1, 2} {
		if limit/(step*part) <= 7 {
			step *= part
			break
		}
	}
	var marks []float64
	for i := 0; ; i++ {
		mark := float64(i) * step
		marks = append(marks, mark)
		if mark >= limit {
			return marks
		}
	}
}
