/* The gate controller on its chip: pins, line, clock and EEPROM around rc.c.  PROTOCOL.md, sections 8 and 9.
 *
 * ATmega328P, 5 V, 16 MHz crystal.  One loop, asleep between interrupts; nothing in it waits.
 *
 * Fuses: low FF (crystal, 16K clocks + 65 ms), high C1 (watchdog always on, EEPROM kept by a chip erase, no boot
 * loader), extended FC (brown-out 4.3 V: below 3.8 V this chip is not specified for 16 MHz).  Lock bits FC: nothing
 * can be read out or rewritten without a chip erase.  EEPROM kept means that a new program keeps the key and the
 * number of starts, so that no epoch comes twice; it also means that who opens the box and erases the chip can then
 * read this gate's key. */
#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>
#include <util/atomic.h>
#include <util/delay.h>

#include "rc.h"

FUSES = {.low = 0xFF, .high = 0xC1, .extended = 0xFC};
LOCKBITS = 0xFC;

#define BAUD_DIVIDER 16 /* with U2X 117,647 baud: 2.1 % above 115,200, of the 3.9 % an 8N1 receiver stands */
#define TICKS_A_MS 250  /* of timer 0 at 16 MHz / 64 */
#define STRAPS_MS 5     /* a piezo buzzer of 20 nF behind the pull-up of PC2 */

#define D_PULLED (_BV(PD0) | _BV(PD1) | _BV(PD3) | _BV(PD4) | _BV(PD5) | _BV(PD6) | _BV(PD7)) /* PD1: line at rest */
#define B_PULLED (_BV(PB0) | _BV(PB1) | _BV(PB2) | _BV(PB3) | _BV(PB4))
#define C_PULLED (_BV(PC0) | _BV(PC1))
#define D_DRIVEN (_BV(PD1) | _BV(PD2))
#define B_DRIVEN _BV(PB5)
#define C_DRIVEN (_BV(PC2) | _BV(PC3) | _BV(PC4) | _BV(PC5))

/* A byte more than fits is lost: the checksum of its frame then fails, and the frame is as never sent. */
#define RING 128
struct ring {
    volatile uint8_t put, taken;
    volatile uint8_t bytes[RING];
};

static struct ring heard, said;
static volatile uint32_t clock_ms;

static inline uint8_t held(const struct ring *ring) { return (uint8_t)(ring->put - ring->taken); }

static inline void put(struct ring *ring, uint8_t byte) {
    if (held(ring) >= RING) return;
    ring->bytes[ring->put % RING] = byte;
    ring->put++;
}

static inline uint8_t take(struct ring *ring) {
    uint8_t byte = ring->bytes[ring->taken % RING];
    ring->taken++;
    return byte;
}

ISR(TIMER0_COMPA_vect) { clock_ms++; }

ISR(USART_RX_vect) {
    bool broken = UCSR0A & _BV(FE0); /* to be read before the byte */
    uint8_t byte = UDR0;
    if (!broken) put(&heard, byte);
}

ISR(USART_UDRE_vect) {
    if (held(&said))
        UDR0 = take(&said);
    else
        UCSR0B &= (uint8_t)~_BV(UDRIE0);
}

/* After a reset by the watchdog it runs on at 16 ms; this must come before anything slow. */
void watch(void) __attribute__((naked, used, section(".init3")));
void watch(void) {
    MCUSR = 0;
    wdt_enable(WDTO_250MS);
}

static uint32_t now(void) {
    uint32_t ms = 0;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { ms = clock_ms; }
    return ms;
}

static uint16_t bit(uint8_t level, uint16_t pin) { return level ? pin : 0; }

static uint16_t straps(void) {
    uint8_t low = (uint8_t)~PINC;
    return bit(low & _BV(PC0), PIN_FAIL_SAFE) | bit(low & _BV(PC1), PIN_HOLD) | bit(low & _BV(PC2), PIN_ESCAPE);
}

static uint16_t sensed(void) {
    uint8_t high_d = PIND, high_b = PINB;
    uint8_t low_d = (uint8_t)~high_d, low_b = (uint8_t)~high_b;
    return bit(low_d & _BV(PD3), PIN_FEEDBACK) | bit(low_d & _BV(PD4), PIN_LEAF_CLOSED) |
           bit(low_d & _BV(PD5), PIN_LEAF_OPEN) | bit(high_d & _BV(PD6), PIN_ENTRY) | bit(high_d & _BV(PD7), PIN_EXIT) |
           bit(high_b & _BV(PB0), PIN_PRESENCE_A) | bit(low_b & _BV(PB1), PIN_PRESENCE_B) |
           bit(high_b & _BV(PB2), PIN_FIRE) | bit(low_b & _BV(PB3), PIN_RELEASE) | bit(low_b & _BV(PB4), PIN_SERVICE);
}

static uint8_t level(uint8_t drive, uint8_t pin) { return drive ? pin : 0; }

/* Whole registers each time, directions too: what a disturbance turns over is right again a millisecond later. */
static void show(uint8_t drive) {
    PORTD = D_PULLED | level(drive & DRIVE_RELAY, _BV(PD2));
    PORTB = B_PULLED | level(drive & DRIVE_AGENT, _BV(PB5));
    PORTC = C_PULLED | level(drive & DRIVE_BUZZER, _BV(PC2)) | level(drive & DRIVE_RED, _BV(PC3)) |
            level(drive & DRIVE_AMBER, _BV(PC4)) | level(drive & DRIVE_GREEN, _BV(PC5));
    DDRD = D_DRIVEN;
    DDRB = B_DRIVEN;
    DDRC = C_DRIVEN;
}

static void start_clock(void) {
    TCCR0A = _BV(WGM01);
    TCCR0B = _BV(CS01) | _BV(CS00);
    OCR0A = TICKS_A_MS - 1;
    TIMSK0 = _BV(OCIE0A);
}

static void start_line(void) {
    UCSR0A = _BV(U2X0);
    UBRR0 = BAUD_DIVIDER;
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
}

static void say(uint8_t byte) {
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        put(&said, byte);
        UCSR0B |= _BV(UDRIE0);
    }
}

/* Erases and writes; the chip does it in the background, within 3.4 ms. */
static void write_memory(uint8_t address, uint8_t value) {
    EEAR = address;
    EEDR = value;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        EECR = _BV(EEMPE);
        EECR |= _BV(EEPE);
    }
}

static void serve(struct rc *rc, uint32_t at_ms) {
    uint8_t address, byte;
    for (uint8_t left = held(&heard); left; left--) rc_byte(rc, at_ms, take(&heard)); /* not what comes meanwhile */
    while (held(&said) < RING && rc_next(rc, &byte)) say(byte);
    if (eeprom_is_ready() && rc_store(rc, at_ms, &address, &byte)) write_memory(address, byte);
    show(rc_drive(rc));
}

static void sleep_until_interrupted(uint32_t done_ms) {
    cli();
    if (clock_ms == done_ms && !held(&heard)) {
        sleep_enable();
        sei(); /* takes effect after the next instruction: no interrupt can come between */
        sleep_cpu();
        sleep_disable();
    }
    sei();
}

static uint16_t start(struct rc *rc) {
    uint8_t memory[MEMORY_SIZE];
    PORTD = D_PULLED;
    PORTB = B_PULLED;
    PORTC = C_PULLED | _BV(PC2);
    _delay_ms(STRAPS_MS);
    uint16_t strapped = straps();
    eeprom_read_block(memory, (const void *)0, MEMORY_SIZE); /* lets a write that a reset overtook end first */
    rc_start(rc, 0, memory, strapped | sensed());
    show(rc_drive(rc));
    start_clock();
    start_line();
    set_sleep_mode(SLEEP_MODE_IDLE);
    sei();
    return strapped;
}

int main(void) {
    static struct rc rc;
    uint16_t strapped = start(&rc);
    uint32_t done_ms = 0;
    for (;;) {
        uint32_t at_ms = now();
        if (at_ms != done_ms) rc_tick(&rc, at_ms, strapped | sensed());
        serve(&rc, at_ms);
        if (at_ms != done_ms) wdt_reset();
        done_ms = at_ms;
        sleep_until_interrupted(done_ms);
    }
}
