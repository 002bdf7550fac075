package webtest

import "watchbox/firmware/point"

// SetReady makes the partition ready or, with reasons, not.
func (b *Box) SetReady(partition string, reasons ...point.Words) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for i := range b.panel.Partitions {
		if b.panel.Partitions[i].ID == partition {
			b.panel.Partitions[i].NotReady = reasons
		}
	}
	b.publish()
}

// AskCode makes disarming of the partition take a panel code.
func (b *Box) AskCode(partition string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for i := range b.panel.Partitions {
		b.panel.Partitions[i].Code = b.panel.Partitions[i].Code || b.panel.Partitions[i].ID == partition
	}
	b.publish()
}

// AskConsent makes an engineer's work need a user's consent.
func (b *Box) AskConsent() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.panel.Consent.Required = true
	b.publish()
}
