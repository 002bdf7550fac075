package driver

import "watchbox/firmware/point"

// Product is what is known of the product that a device is, as the page shows it.
// The zero value is a device whose driver knows it without a map.
type Product struct {
	Source   string      `json:"source,omitempty" doc:"provenance of its map"`
	Template bool        `json:"template,omitempty" doc:"no point of its map is known to be right: to be confirmed on site"`
	Brief    point.Words `json:"brief,omitzero" doc:"the device in one line, {item} where the value of its item stands"`
}
