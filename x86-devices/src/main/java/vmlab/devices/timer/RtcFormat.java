// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.timer;

import java.time.LocalDateTime;

/**
 * How the clock's registers write numbers: BCD or binary, 24 hours or 12 with PM in bit 7. What is no number in the
 * chosen form is read as the nearest thing that is one, since the data sheet leaves it undefined.
 *
 * @spec Motorola MC146818 data sheet, time, calendar and alarm data modes
 */
record RtcFormat(boolean binary, boolean hours24) {
    private static final int PM = 0x80;

    int encode(int value) {
        return binary ? value : value / 10 << 4 | value % 10;
    }

    int decode(int register) {
        return binary ? register : (register >> 4) * 10 + (register & 0xF);
    }

    int encodeHour(int hour) {
        if (hours24) {
            return encode(hour);
        }
        return encode((hour + 11) % 12 + 1) | (hour >= 12 ? PM : 0);
    }

    int decodeHour(int register) {
        if (hours24) {
            return decode(register);
        }
        return decode(register & ~PM) % 12 + ((register & PM) != 0 ? 12 : 0);
    }

    LocalDateTime dateTime(int century, int year, int month, int day, int hour, int minute, int second) {
        int fullYear = Math.min(decode(century), 99) * 100 + Math.min(decode(year), 99);
        int monthOfYear = clamp(decode(month), 1, 12);
        LocalDateTime firstOfMonth = LocalDateTime.of(
                fullYear,
                monthOfYear,
                1,
                clamp(decodeHour(hour), 0, 23),
                clamp(decode(minute), 0, 59),
                clamp(decode(second), 0, 59));
        int length = firstOfMonth.toLocalDate().lengthOfMonth();
        return firstOfMonth.withDayOfMonth(clamp(decode(day), 1, length));
    }

    private static int clamp(int value, int least, int most) {
        return Math.max(least, Math.min(most, value));
    }
}
