/* AES-128-CMAC (RFC 4493; AES: FIPS 197), cut to eight bytes.  PROTOCOL.md, section 2. */
#ifndef LIMEN_MAC_H
#define LIMEN_MAC_H

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"

#define KEY_SIZE 16
#define BLOCK 16
#define ROUNDS 10

struct mac {
    uint8_t round_keys[(ROUNDS + 1) * BLOCK];
    uint8_t whole[BLOCK], cut[BLOCK]; /* mixed into a last block that is full, and into one that is not */
};

/* Whether everybody knows this key. */
bool key_known(const uint8_t key[KEY_SIZE]);

void mac_start(struct mac *mac, const uint8_t key[KEY_SIZE]);
void mac_tag(const struct mac *mac, const uint8_t *bytes, uint8_t size, uint8_t tag[BLOCK]);

/* Takes equally long for every wrong tag. */
bool mac_verifies(const struct mac *mac, const uint8_t *payload, uint8_t size);

#endif
