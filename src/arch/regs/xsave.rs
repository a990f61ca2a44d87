//! The XSAVE area in its standard format, as ptrace and core files hold it (Intel SDM vol. 1, 13.4).

/// A field of the XSAVE area (Intel SDM vol. 1, 13.4 and 13.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum XsaveField {
    /// st(n), ten bytes.
    St(u8),
    /// `len` bytes at an offset of the legacy region that belong to x87; shown as a 32-bit word.
    Control { at: u8, len: u8 },
    /// The abridged tag byte at 4, shown as the full 16-bit tag word.
    Tag,
    /// mxcsr, four bytes at 24.
    Mxcsr,
    /// The low `len` (16, 32, 64) bytes of vector register n (0 to 31).
    Vector { n: u8, len: u8 },
    /// The opmask register n.
    Mask(u8),
    /// pkru, four bytes.
    Pkru,
}

/// A register's bytes, little-endian.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RegBytes {
    pub(super) bytes: [u8; 64],
    len: u8,
}

impl RegBytes {
    /// The first 64 of these bytes.
    pub fn new(from: &[u8]) -> RegBytes {
        let mut bytes = [0; 64];
        let len = from.len().min(64);
        bytes[..len].copy_from_slice(&from[..len]);
        RegBytes { bytes, len: len as u8 }
    }

    /// The low eight bytes as a number.
    pub fn as_u64(&self) -> u64 {
        let mut word = [0; 8];
        word.copy_from_slice(&self.bytes[..8]);
        u64::from_le_bytes(word)
    }
}

impl std::ops::Deref for RegBytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len.into()]
    }
}

/// Where the kernel leaves XCR0 in the legacy region's bytes for software (Linux arch/x86/include/uapi/asm/sigcontext.h,
/// `struct _fpx_sw_bytes`).
const XCR0: usize = 464;
/// XSTATE_BV: which components are not in their initial state.
const XSTATE_BV: usize = 512;

/// Components by their bit in XCR0.
const X87: u8 = 0;
const SSE: u8 = 1;
const YMM_HIGH: u8 = 2;
const OPMASK: u8 = 5;
const ZMM_HIGH: u8 = 6;
const ZMM_16_31: u8 = 7;
const PKRU: u8 = 9;

/// A run of bytes of one component.
struct Piece {
    component: u8,
    at: usize,
    len: usize,
}

/// Where the components that processors place differently begin.
struct Layout {
    opmask: usize,
    zmm_high: usize,
    zmm_16_31: usize,
    pkru: usize,
}

/// *Folklore*: the standard format is not standard: Intel keeps MPX's place (960 to 1088) below AVX-512's components, AMD does
/// not. CPUID leaf 0xD tells for this machine, but a core file may come from another one; the area's length tells for both,
/// because the kernel always hands out the whole of it.
fn layout(area: &[u8]) -> Layout {
    let has_avx512 = xcr0(area) >> OPMASK & 1 != 0;
    match area.len() {
        0..=840 => Layout { opmask: usize::MAX, zmm_high: usize::MAX, zmm_16_31: usize::MAX, pkru: 832 },
        841..=2495 if has_avx512 => Layout { opmask: 832, zmm_high: 896, zmm_16_31: 1408, pkru: 2432 },
        _ => Layout { opmask: 1088, zmm_high: 1152, zmm_16_31: 1664, pkru: 2688 },
    }
}

fn word(area: &[u8], at: usize) -> u64 {
    area.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// The components that the kernel has turned on; an FXSAVE image of 512 bytes has x87 and SSE.
fn xcr0(area: &[u8]) -> u64 {
    if area.len() < XSTATE_BV + 64 { 3 } else { word(area, XCR0) | 3 }
}

/// The length of the widest vector registers: 16, 32 or 64.
pub(super) fn widest_vector(area: &[u8]) -> u8 {
    let on = xcr0(area);
    if on >> ZMM_HIGH & 1 != 0 {
        64
    } else if on >> YMM_HIGH & 1 != 0 {
        32
    } else {
        16
    }
}

/// The field's runs of bytes, low ones first.
fn pieces(field: XsaveField, area: &[u8]) -> Vec<Piece> {
    let layout = layout(area);
    let one = |component, at: usize, len| vec![Piece { component, at, len }];
    match field {
        XsaveField::St(n) => one(X87, 32 + 16 * usize::from(n), 10),
        XsaveField::Control { at, len } => one(X87, at.into(), len.into()),
        XsaveField::Tag => one(X87, 4, 1),
        XsaveField::Mxcsr => one(SSE, 24, 4),
        XsaveField::Mask(n) => one(OPMASK, layout.opmask.saturating_add(8 * usize::from(n)), 8),
        XsaveField::Pkru => one(PKRU, layout.pkru, 4),
        XsaveField::Vector { n, len } if n >= 16 => {
            one(ZMM_16_31, layout.zmm_16_31.saturating_add(64 * usize::from(n - 16)), len.into())
        }
        XsaveField::Vector { n, len } => {
            let n = usize::from(n);
            let mut list = one(SSE, 160 + 16 * n, 16);
            if len >= 32 {
                list.push(Piece { component: YMM_HIGH, at: 576 + 16 * n, len: 16 });
            }
            if len >= 64 {
                list.push(Piece { component: ZMM_HIGH, at: layout.zmm_high.saturating_add(32 * n), len: 32 });
            }
            list
        }
    }
}

/// The field's bytes; `None` where the processor or the area lacks it.
pub(super) fn read(field: XsaveField, area: &[u8]) -> Option<RegBytes> {
    let (on, in_use) = (xcr0(area), word(area, XSTATE_BV));
    let mut out = Vec::with_capacity(64);
    for piece in pieces(field, area) {
        let bytes = area.get(piece.at..piece.at.checked_add(piece.len)?)?;
        if on >> piece.component & 1 == 0 {
            return None;
        }
        // The legacy region always holds the values themselves: the kernel writes initial ones there too.
        if piece.component <= SSE || in_use >> piece.component & 1 != 0 {
            out.extend_from_slice(bytes);
        } else {
            out.resize(out.len() + piece.len, 0);
        }
    }
    match field {
        XsaveField::Tag => out = full_tag(area).to_le_bytes().to_vec(),
        // Eleven bits; gdb shows no others.
        XsaveField::Control { at: 6, .. } => out[1] &= 7,
        _ => {}
    }
    if matches!(field, XsaveField::Control { .. } | XsaveField::Tag) {
        out.resize(4, 0);
    }
    Some(RegBytes::new(&out))
}

/// Writes the field and marks its components as in use; `false` where the processor or the area lacks it.
pub(super) fn write(field: XsaveField, value: &[u8; 64], area: &mut [u8]) -> bool {
    if read(field, area).is_none() {
        return false;
    }
    let mut value = *value;
    if field == XsaveField::Tag {
        value[0] = abridged_tag(u16::from_le_bytes([value[0], value[1]]));
    }
    let mut from = 0;
    for piece in pieces(field, area) {
        claim(piece.component, area);
        area[piece.at..piece.at + piece.len].copy_from_slice(&value[from..from + piece.len]);
        from += piece.len;
    }
    true
}

/// Takes a component out of its initial state: its bytes, which meant nothing, become zeros.
fn claim(component: u8, area: &mut [u8]) {
    let in_use = word(area, XSTATE_BV);
    if in_use >> component & 1 != 0 || area.len() < XSTATE_BV + 8 {
        return;
    }
    let layout = layout(area);
    let (at, len) = match component {
        YMM_HIGH => (576, 256),
        OPMASK => (layout.opmask, 64),
        ZMM_HIGH => (layout.zmm_high, 512),
        ZMM_16_31 => (layout.zmm_16_31, 1024),
        PKRU => (layout.pkru, 8),
        _ => (0, 0),
    };
    if let Some(bytes) = area.get_mut(at..at.saturating_add(len)) {
        bytes.fill(0);
    }
    area[XSTATE_BV..XSTATE_BV + 8].copy_from_slice(&(in_use | 1 << component).to_le_bytes());
}

/// The 16-bit tag word of FSAVE from FXSAVE's eight bits (Intel SDM vol. 1, 10.5.1.1): 0 valid, 1 zero, 2 special, 3 empty,
/// for each physical register.
fn full_tag(area: &[u8]) -> u16 {
    let (abridged, top) = (area.get(4).copied().unwrap_or(0), (word(area, 0) >> 16 >> 11 & 7) as usize);
    let mut tag = 0;
    for physical in 0..8 {
        let kind = if abridged >> physical & 1 == 0 {
            3
        } else {
            let st = 32 + 16 * ((physical + 8 - top) % 8);
            let (mantissa, exponent) = (word(area, st), word(area, st + 8) & 0x7fff);
            match (exponent, mantissa >> 63) {
                (0, _) if mantissa == 0 => 1,
                (1..=0x7ffe, 1) => 0,
                _ => 2,
            }
        };
        tag |= kind << (2 * physical);
    }
    tag
}

/// FXSAVE's tag byte: a bit for each physical register that is not empty.
fn abridged_tag(tag: u16) -> u8 {
    (0..8).filter(|n| tag >> (2 * n) & 3 != 3).fold(0, |byte, n| byte | 1 << n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(len: usize, xcr0: u64) -> Vec<u8> {
        let mut area = vec![0; len];
        area[XCR0..XCR0 + 8].copy_from_slice(&xcr0.to_le_bytes());
        area
    }

    #[test]
    fn a_vector_is_put_together_from_three_components() {
        for (len, zmm_high) in [(2696, 1152), (2440, 896), (11008, 1152)] {
            let mut area = area(len, 0xe7);
            let value: [u8; 64] = std::array::from_fn(|i| i as u8 + 1);
            let zmm3 = XsaveField::Vector { n: 3, len: 64 };
            assert!(write(zmm3, &value, &mut area));
            assert_eq!(&*read(zmm3, &area).unwrap(), &value);
            assert_eq!(area[160 + 48], 1);
            assert_eq!(area[576 + 48], 17);
            assert_eq!(area[zmm_high + 96], 33);
            assert_eq!(word(&area, XSTATE_BV), 0b100_0110);
        }
    }

    #[test]
    fn a_component_in_its_initial_state_reads_as_zeros() {
        let mut area = area(2696, 0xe7);
        area[1088] = 0xff;
        assert_eq!(read(XsaveField::Mask(0), &area).unwrap().as_u64(), 0);
        assert!(write(XsaveField::Mask(1), &[7; 64], &mut area));
        assert_eq!(read(XsaveField::Mask(0), &area).unwrap().as_u64(), 0);
        assert_eq!(read(XsaveField::Mask(1), &area).unwrap().as_u64(), 0x0707_0707_0707_0707);
    }

    #[test]
    fn what_the_processor_lacks_is_not_there() {
        let area = area(832, 7);
        assert!(read(XsaveField::Mask(0), &area).is_none());
        assert!(read(XsaveField::Vector { n: 16, len: 16 }, &area).is_none());
        assert!(read(XsaveField::Vector { n: 0, len: 64 }, &area).is_none());
        assert_eq!(widest_vector(&area), 32);
        assert!(read(XsaveField::St(0), &[0; 10]).is_none());
    }

    #[test]
    fn the_tag_word_is_the_full_one() {
        let mut area = area(832, 7);
        assert_eq!(read(XsaveField::Tag, &area).unwrap().as_u64(), 0xffff);
        area[4] = 0x80;
        area[3] = 7 << 3;
        assert_eq!(read(XsaveField::Tag, &area).unwrap().as_u64(), 0x7fff);
        assert!(write(XsaveField::Tag, &[0xff; 64], &mut area));
        assert_eq!(area[4], 0);
    }
}
