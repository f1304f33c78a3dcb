package chart

import (
	"math"
	"slices"
)

// Bars is a chart of horizontal bars: a row for each thing compared, with a bar
// for each series.
type Bars struct {
	Title  string
	Note   string   // the unit, and which end is the good one
	Series []string // names of the bars of a row; none if there is one
	Rows   []Row
	Format func(float64) string // of the values beside the bars
}

// Row is one thing compared.
type Row struct {
	Label string
	Role  Role
	Bars  []Bar
}

// Bar is a value with its spread. A value of NaN has no bar.
type Bar struct {
	Value, Low, High float64
}

const (
	barHeight = 15
	barGap    = 3
	rowGap    = 11
)

// SVG draws the chart.
func (b Bars) SVG(theme Theme) string {
	d := &drawing{theme: theme}
	left, longest, largest := 0.0, 0.0, 0.0
	height := float64(headHeight)
	for _, row := range b.Rows {
		left = max(left, textWidth(row.Label, labelSize))
		height += row.height() + rowGap
		for _, bar := range row.Bars {
			if !math.IsNaN(bar.Value) {
				largest = max(largest, bar.Value)
				longest = max(longest, textWidth(b.Format(bar.Value), labelSize))
			}
		}
	}
	left += margin + 12
	height += 12
	scale := (width - margin - longest - 14 - left) / max(largest, math.SmallestNonzeroFloat32)

	d.head(height, b.Title, b.Note)
	if len(b.Series) > 1 {
		d.legend(b.Series, b.legendColours(theme))
	}
	y := float64(headHeight) + 6
	for _, row := range b.Rows {
		b.row(d, row, left, y, scale, width-margin-longest-8)
		y += row.height() + rowGap
	}
	d.line(left, headHeight, left, height-14, 1, theme.grid)
	return d.tail()
}

func (r Row) height() float64 {
	return float64(max(len(r.Bars), 1)*(barHeight+barGap) - barGap)
}

func (b Bars) legendColours(theme Theme) []string {
	role := Peer
	if slices.ContainsFunc(b.Rows, func(r Row) bool { return r.Role == Accent }) {
		role = Accent
	}
	colours := make([]string, len(b.Series))
	for i := range colours {
		colours[i] = theme.colour(role, i)
	}
	return colours
}

// row draws the bars of a row. No spread reaches beyond the limit.
func (b Bars) row(d *drawing, row Row, left, y, scale, limit float64) {
	style, colour := "", d.theme.text
	if row.Role == Accent {
		style = `font-weight="600"`
	}
	d.text(left-10, y+row.height()/2+4.5, labelSize, colour, "end", style, row.Label)
	for i, bar := range row.Bars {
		top := y + float64(i*(barHeight+barGap))
		if math.IsNaN(bar.Value) {
			d.text(left+8, top+12, labelSize, d.theme.muted, "start", "", "not measured")
			continue
		}
		end := left + bar.Value*scale
		d.rect(left, top, max(end-left, 1), barHeight, d.theme.colour(row.Role, i))
		low, high := left+bar.Low*scale, min(left+bar.High*scale, limit)
		if high-low > 3 {
			middle := top + barHeight/2.0
			d.line(low, middle, high, middle, 1.2, d.theme.text)
			d.line(low, middle-3, low, middle+3, 1.2, d.theme.text)
			if high < limit {
				d.line(high, middle-3, high, middle+3, 1.2, d.theme.text)
			}
		}
		d.text(min(max(end, high)+7, limit+7), top+12, labelSize, colour, "start", style, b.Format(bar.Value))
	}
}
