package maps

import "regexp"

// place is where a brief text has a value: the item in braces.
var place = regexp.MustCompile(`\{([^{}]*)\}`)

// placeholders are the items of a brief text, in order.
func placeholders(brief string) (items []string) {
	for _, found := range place.FindAllStringSubmatch(brief, -1) {
		items = append(items, found[1])
	}
	return items
}
