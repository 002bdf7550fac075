package ydt1363

import (
	"context"

	"watchbox/drivers/pair"
)

// What a search asks: both are answered without anything being changed.
const (
	GetAddress = getAddress
	GetVendor  = 0x51
)

// What they are answered at most, in characters of INFO.
const (
	addressInfo = 2
	vendorInfo  = 80
)

// Ask puts one question to a unit of which nothing is known yet, and gives the bytes
// of INFO. A return code that is an error is one, of driver.ErrRefused or
// driver.ErrNotPresent: it lives. One attempt.
func Ask(ctx context.Context, p *pair.Pair, address, class, version, command byte, m pair.Manners) ([]byte, error) {
	q := message{version: version, address: address, class: class, command: command}
	most := vendorInfo
	if command == GetAddress {
		most = addressInfo
	}
	frame, err := p.Exchange(ctx, q.encode(), question{q, q.encode(), most}, m)
	if err != nil {
		return nil, err
	}
	answer, _, _ := decode(frame)
	if answer.command != 0 {
		return nil, refusal(answer.command)
	}
	return answer.info, nil
}
