package app

import (
	"context"
	"sync"

	"watchbox/firmware/person"
)

// memoryKeeper keeps accounts of a box whose disk is gone: until the process ends.
type memoryKeeper struct {
	mutex       sync.Mutex
	accounts    map[string]person.Account
	credentials map[string]person.Credential
}

func newMemoryKeeper() *memoryKeeper {
	return &memoryKeeper{accounts: map[string]person.Account{}, credentials: map[string]person.Credential{}}
}

func (k *memoryKeeper) Accounts(context.Context) (list []person.Account, _ error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	for _, a := range k.accounts {
		list = append(list, a)
	}
	return list, nil
}

func (k *memoryKeeper) PutAccount(_ context.Context, a person.Account) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.accounts[a.Name] = a
	return nil
}

func (k *memoryKeeper) RemoveAccount(_ context.Context, name string) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	delete(k.accounts, name)
	return nil
}

func (k *memoryKeeper) Credentials(context.Context) (list []person.Credential, _ error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	for _, c := range k.credentials {
		list = append(list, c)
	}
	return list, nil
}

func (k *memoryKeeper) PutCredential(_ context.Context, c person.Credential) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.credentials[c.Hash] = c
	return nil
}

func (k *memoryKeeper) RemoveCredential(_ context.Context, hash string) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	delete(k.credentials, hash)
	return nil
}
