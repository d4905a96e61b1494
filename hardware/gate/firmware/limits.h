/* Generated from limits.py and lights.py by `make firmware`: change those. */
#ifndef LIMEN_LIMITS_H
#define LIMEN_LIMITS_H

#include <stdint.h>

#define VERSION 2
#define MAX_PAYLOAD 48
#define MAC_SIZE 8
#define FRAME_GAP_MS 20
#define POLL_AGE_MS 1000
#define KEPT_POLLS 32
#define LEASE_MS 1000
#define SILENCE_MS 1000
#define OPEN_MOST_MS 10000
#define CLEAR_MS 100
#define TRAVEL_MARGIN_MS 200
#define TRAVEL_LEAST_MS 50
#define TRAVEL_MOST_MS 2500
#define FEEDBACK_MS 300
#define FORCED_MS 100
#define CONTACTS_MS 100
#define PRESENCE_MS 200
#define SWAPPED_GRANTS 3
#define FIRE_MS 5
#define SWITCH_MS 20
#define SERVICE_MS 600000UL
#define BEACON_MS 500
#define CHANGE_MS 10
#define STORE_MS 4
#define MEMORY_SIZE 64
#define PROVISIONED 0
#define COMMISSIONED 24
#define LATCHED 48
#define STARTS_0 32
#define STARTS_1 40
#define FIRMWARE_MAJOR 2
#define FIRMWARE_MINOR 0
#define MAGIC_0 0x4C
#define MAGIC_1 0x02
#define FAULTS_STANDING 2560u
#define PHASE_MS 125
#define PIN_FEEDBACK 1u
#define PIN_LEAF_CLOSED 2u
#define PIN_LEAF_OPEN 4u
#define PIN_ENTRY 8u
#define PIN_EXIT 16u
#define PIN_PRESENCE_A 32u
#define PIN_PRESENCE_B 64u
#define PIN_FIRE 128u
#define PIN_RELEASE 256u
#define PIN_SERVICE 512u
#define PIN_FAIL_SAFE 1024u
#define PIN_HOLD 2048u
#define PIN_ESCAPE 4096u
#define DRIVE_RELAY 1u
#define DRIVE_RED 2u
#define DRIVE_AMBER 4u
#define DRIVE_GREEN 8u
#define DRIVE_AGENT 16u
#define DRIVE_BUZZER 32u
#define FAULT_RELAY_STUCK 1u
#define FAULT_RELAY_DEAD 2u
#define FAULT_FEEDBACK_CUT 4u
#define FAULT_FORCED 8u
#define FAULT_NOT_OPENED 16u
#define FAULT_NOT_CLOSED 32u
#define FAULT_CONTACTS 64u
#define FAULT_PRESENCE 128u
#define FAULT_BEAMS_SWAPPED 256u
#define FAULT_STRAPS 512u
#define FAULT_MEMORY 1024u
#define FAULT_UNPROVISIONED 2048u
#define FLAG_PRESENCE 1u
#define FLAG_SAFE 2u
#define FLAG_ALARM 4u
#define FLAG_EMERGENCY 8u
#define FLAG_RELEASE 16u
#define FLAG_SERVICE 32u
#define FLAG_COMMISSIONED 64u
#define FLAG_GRANTED 128u
#define REFUSED_NONE 0
#define REFUSED_MAC 1
#define REFUSED_GATE 2
#define REFUSED_VERSION 3
#define REFUSED_EPOCH 4
#define REFUSED_SEQUENCE 5
#define REFUSED_POLL 6
#define REFUSED_GRANT 7
#define REFUSED_LEAF 8
#define REFUSED_BARRED 9
#define REFUSED_SERVICE 10
#define REFUSED_MALFORMED 11
#define FAIL_SECURE 0
#define FAIL_SAFE 1
#define FAIL_HOLD 2
#define ACTION_COMMISSION 1
#define ACTION_RESET 2
#define LAMP_OFF 0
#define LAMP_READY 1
#define LAMP_LOOKING 2
#define LAMP_GO 3
#define LAMP_SEE_AGENT 4
#define LAMP_FAULT 5
#define LAMP_HELD 6
#define LAMP_EMERGENCY 7

#define KNOWN_KEYS 3
#define KNOWN_KEYS_TABLE {{0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F}, {0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F}, {0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6, 0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF, 0x4F, 0x3C}}

/* red, amber, green, agent, buzzer, chirp; by lamp */
#define LAMPS 8
#define LAMPS_TABLE {{0x00, 0x00, 0x00, 0x00, 0x00, 0}, {0x00, 0x80, 0x00, 0x00, 0x00, 0}, {0x00, 0xF0, 0x00, 0x00, 0x00, 0}, {0x00, 0x00, 0xFF, 0x00, 0x80, 1}, {0xAA, 0x00, 0x00, 0xFF, 0xA0, 1}, {0xEE, 0x00, 0x00, 0xCC, 0x00, 0}, {0xCC, 0x00, 0x00, 0xFF, 0xCC, 0}, {0xFA, 0x00, 0x00, 0xAA, 0xFA, 0}}

#endif
