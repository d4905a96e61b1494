/* The firmware in a simulated ATmega328P, wired as in PROTOCOL.md section 8, driven in lock step over stdin and stdout.
 *
 * Usage: avr_bench ELF.  Numbers are little-endian.  Requests and their answers:
 *   'P' pins (2), memory (64)            power on, with this EEPROM                 -> 'P'
 *   'R' ms (2), pins (2), n (2), bytes   the line brings bytes, ms pass          -> drives (1), flags (1), n (2), bytes
 *   'M'                                  the EEPROM as a power cut would leave it   -> 64 bytes
 *   'F'                                  the tick's interrupt is masked from now on -> 'F'
 * Pins, drives: the PIN_ and DRIVE_ bits of limits.h.  Time is the chip's own: nothing here waits. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <simavr/avr_eeprom.h>
#include <simavr/avr_extint.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>

#include "limits.h"

#define CYCLES_A_MS 16000
#define CYCLES_A_BYTE 1389 /* ten bits of 115,200 baud */
#define WRITE_CYCLES 54400 /* 3.4 ms */
#define MOST 65535

#define FLAG_CRASHED 1
#define FLAG_WATCHDOG 2 /* a reset by it since the last answer */
#define FLAG_ASLEEP 4
#define FLAG_OVERRUN 8 /* EEPROM written while it was busy: lost */

enum { B = 0x23, C = 0x26, D = 0x29 }; /* addresses of PINx; DDRx and PORTx follow */
enum { EECR = 0x3F, EEARL = 0x41, TIMSK0 = 0x6E, UCSR0A = 0xC0, UBRR0L = 0xC4, UBRR0H = 0xC5 };
enum { EEPE = 2, EEMPE = 4, U2X0 = 2, RXD = 1, TXD = 2 };

static elf_firmware_t program;
static avr_t *avr;
static uint16_t pins;
static uint8_t flags;
static uint64_t until, free_at, written_at; /* cycles: end of request, byte on the line, EEPROM write */
static uint8_t coming[MOST], sent[MOST];
static uint32_t coming_size, coming_at, sent_size;
static avr_io_write_t write_eecr;
static void *eecr_param;

static uint8_t level(uint16_t pin, bool when_set, uint8_t bit) { return (!(pins & pin) != when_set) << bit; }

/* What the outside puts on a port; pull-ups where nothing does. */
static uint8_t outside(avr_io_addr_t port) {
    const bool high = true, low = false;
    switch (port) {
        case B:
            return level(PIN_PRESENCE_A, high, 0) | level(PIN_PRESENCE_B, low, 1) | level(PIN_FIRE, high, 2) |
                   level(PIN_RELEASE, low, 3) | level(PIN_SERVICE, low, 4);
        case C:
            return level(PIN_FAIL_SAFE, low, 0) | level(PIN_HOLD, low, 1) | level(PIN_ESCAPE, low, 2);
        default:
            return RXD | TXD | level(PIN_FEEDBACK, low, 3) | level(PIN_LEAF_CLOSED, low, 4) |
                   level(PIN_LEAF_OPEN, low, 5) | level(PIN_ENTRY, high, 6) | level(PIN_EXIT, high, 7);
    }
}

/* Instead of simavr's own: that forgets an outside level at each write to the port, and after a reset. */
static uint8_t read_port(avr_t *chip, avr_io_addr_t port, void *param) {
    (void)param;
    uint8_t driven = chip->data[port + 1];
    return (outside(port) & ~driven) | (chip->data[port + 2] & driven);
}

static uint8_t driven(avr_io_addr_t port, uint8_t bit, uint8_t drive) {
    return (avr->data[port + 1] & avr->data[port + 2]) >> bit & 1 ? drive : 0;
}

static uint8_t drives(void) {
    return driven(D, 2, DRIVE_RELAY) | driven(C, 2, DRIVE_BUZZER) | driven(C, 3, DRIVE_RED) |
           driven(C, 4, DRIVE_AMBER) | driven(C, 5, DRIVE_GREEN) | driven(B, 5, DRIVE_AGENT);
}

/* simavr's EEPROM is never busy; the chip's is, and takes no write then. */
static uint8_t read_eecr(avr_t *chip, avr_io_addr_t address, void *param) {
    (void)param;
    return (chip->data[address] & ~EEPE) | (chip->cycle < written_at ? EEPE : 0);
}

static void hold_eecr(avr_t *chip, avr_io_addr_t address, uint8_t value, void *param) {
    (void)param;
    bool write = (value & EEPE) && (chip->data[address] & EEMPE);
    if (write && chip->cycle < written_at) {
        flags |= FLAG_OVERRUN;
        return;
    }
    write_eecr(chip, address, value, eecr_param);
    if (write) written_at = chip->cycle + WRITE_CYCLES;
}

/* How long the chip as it is set now takes for the ten bits of a byte. */
static uint32_t byte_cycles(void) {
    uint32_t divider = (avr->data[UBRR0L] | avr->data[UBRR0H] << 8) + 1u;
    return divider * (avr->data[UCSR0A] & U2X0 ? 80 : 160);
}

/* simavr hears at any speed; a chip does not. */
static bool hears(void) {
    return byte_cycles() * 100 > CYCLES_A_BYTE * 97u && byte_cycles() * 100 < CYCLES_A_BYTE * 103u;
}

static avr_cycle_count_t bring(avr_t *chip, avr_cycle_count_t when, void *param) {
    (void)param;
    if (coming_at == coming_size) return 0;
    uint32_t byte = coming[coming_at++] | (hears() ? 0 : UART_INPUT_FE);
    avr_raise_irq(avr_io_getirq(chip, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT), byte);
    free_at = when + CYCLES_A_BYTE;
    return free_at;
}

static void keep(avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq, (void)param;
    if (sent_size < MOST) sent[sent_size++] = (uint8_t)value;
}

/* Only there to end a sleep and a run of instructions at the right cycle. */
static avr_cycle_count_t stop(avr_t *chip, avr_cycle_count_t when, void *param) {
    (void)chip, (void)when, (void)param;
    return 0;
}

static void stay_awake(avr_t *chip, avr_cycle_count_t cycles) { (void)chip, (void)cycles; }

static void say_nothing(avr_t *chip, const int level, const char *format, va_list values) {
    (void)chip, (void)level, (void)format, (void)values;
}

/* What simavr gets wrong at each start: bytes have a parity bit, and low interrupt pins are polled each cycle. */
static void correct(void) {
    for (avr_io_t *io = avr->io_port; io; io = io->next)
        if (!strcmp(io->kind, "uart")) ((avr_uart_t *)io)->cycles_per_byte = byte_cycles();
    for (uint8_t line = 0; line < 2; line++) avr_extint_set_strict_lvl_trig(avr, line, 0);
}

static void plan(void) {
    correct();
    avr_cycle_timer_register(avr, until - avr->cycle, stop, NULL);
    uint64_t wait = free_at > avr->cycle ? free_at - avr->cycle : 1;
    avr_cycle_timer_cancel(avr, bring, NULL);
    if (coming_at < coming_size) avr_cycle_timer_register(avr, wait, bring, NULL);
}

static void run(uint32_t ms) {
    until += (uint64_t)ms * CYCLES_A_MS;
    if (until <= avr->cycle) return;
    plan();
    while (avr->cycle < until && !(flags & FLAG_CRASHED)) {
        bool restart = avr->run != avr_callback_run_raw; /* how simavr's watchdog resets the chip */
        int state = avr_run(avr);
        if (restart) {
            flags |= FLAG_WATCHDOG;
            plan(); /* a reset forgets every timer */
        }
        if (state == cpu_Crashed || state == cpu_Done) flags |= FLAG_CRASHED;
    }
}

static void read_memory(uint8_t memory[MEMORY_SIZE]) {
    avr_eeprom_desc_t all = {.ee = memory, .offset = 0, .size = MEMORY_SIZE};
    avr_ioctl(avr, AVR_IOCTL_EEPROM_GET, &all);
    if (avr->cycle < written_at && avr->data[EEARL] < MEMORY_SIZE) memory[avr->data[EEARL]] = 0xFF; /* erased so far */
}

/* A new chip each time, so that nothing is left over from the last; its RAM wakes up with anything in it. */
static void power_on(uint8_t memory[MEMORY_SIZE]) {
    if (avr) avr_terminate(avr);
    avr = avr_make_mcu_by_name("atmega328p");
    if (!avr) exit(2);
    avr_init(avr);
    avr_load_firmware(avr, &program);
    avr->sleep = stay_awake;
    avr->run_cycle_limit = CYCLES_A_MS; /* the longest without a look at the timers; any number gives the same run */
    uint32_t quiet = 0;
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &quiet);
    for (uint32_t at = avr->ioend + 1u; at <= avr->ramend; at++) avr->data[at] = (uint8_t)rand();
    avr_eeprom_desc_t all = {.ee = memory, .offset = 0, .size = MEMORY_SIZE};
    avr_ioctl(avr, AVR_IOCTL_EEPROM_SET, &all);
    static const avr_io_addr_t ports[] = {B, C, D};
    for (int at = 0; at < 3; at++) avr->io[AVR_DATA_TO_IO(ports[at])].r.c = read_port;
    write_eecr = avr->io[AVR_DATA_TO_IO(EECR)].w.c;
    eecr_param = avr->io[AVR_DATA_TO_IO(EECR)].w.param;
    avr->io[AVR_DATA_TO_IO(EECR)].w.c = hold_eecr;
    avr->io[AVR_DATA_TO_IO(EECR)].r.c = read_eecr;
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), keep, NULL);
    until = avr->cycle;
    free_at = written_at = 0;
    coming_at = coming_size = sent_size = flags = 0;
}

static void ask(void *bytes, size_t size) {
    if (size && fread(bytes, size, 1, stdin) != 1) exit(0);
}

static uint16_t ask_number(void) {
    uint8_t bytes[2];
    ask(bytes, 2);
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static void answer_run(FILE *out) {
    uint16_t ms = ask_number();
    pins = ask_number();
    uint16_t size = ask_number();
    memmove(coming, coming + coming_at, coming_size - coming_at);
    coming_size -= coming_at;
    coming_at = 0;
    if (coming_size + size > MOST) exit(3);
    ask(coming + coming_size, size);
    coming_size += size;
    run(ms);
    flags = (flags & ~FLAG_ASLEEP) | (avr->state == cpu_Sleeping ? FLAG_ASLEEP : 0);
    uint8_t head[] = {drives(), flags, (uint8_t)sent_size, (uint8_t)(sent_size >> 8)};
    fwrite(head, sizeof head, 1, out);
    fwrite(sent, 1, sent_size, out);
    flags &= FLAG_CRASHED;
    sent_size = 0;
}

int main(int count, char **words) {
    uint8_t memory[MEMORY_SIZE];
    FILE *out = fdopen(dup(STDOUT_FILENO), "wb");
    if (count != 2 || !out || !freopen("/dev/null", "w", stdout)) return 1; /* simavr prints: not between our answers */
    avr_global_logger_set(say_nothing);
    if (elf_read_firmware(words[1], &program)) {
        fprintf(stderr, "%s: no firmware that can be read\n", words[1]);
        return 1;
    }
    program.frequency = CYCLES_A_MS * 1000;
    for (;;) {
        uint8_t request;
        ask(&request, 1);
        if (request != 'P' && !avr) return 3;
        switch (request) {
            case 'P':
                pins = ask_number();
                ask(memory, sizeof memory);
                power_on(memory);
                fputc('P', out);
                break;
            case 'R':
                answer_run(out);
                break;
            case 'M':
                read_memory(memory);
                fwrite(memory, sizeof memory, 1, out);
                break;
            case 'F':
                avr->data[TIMSK0] = 0;
                fputc('F', out);
                break;
            default:
                return 3;
        }
        fflush(out);
    }
}
