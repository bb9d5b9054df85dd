using ILGPU;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>The natural logarithm for kernels: ILGPU itself translates none.</summary>
internal static class NaturalLog
{
    private const int MantissaBits = 52;
    private const ulong MantissaMask = (1UL << MantissaBits) - 1;
    private const ulong ExponentOfOne = 1023UL << MantissaBits;

    /// <summary>
    /// ln x = e · ln 2 + 2 artanh z, with x = m · 2ᵉ, √½ &lt; m ≤ √2 and z = (m − 1) / (m + 1): |z| ≤ 0.172, so nine terms of the series leave
    /// 3·10⁻¹⁶.
    /// </summary>
    /// <param name="x">1 or more, and finite.</param>
    public static double Of(double x)
    {
        ulong bits = Interop.FloatAsInt(x);
        int exponent = (int)(bits >> MantissaBits) - 1023;
        double mantissa = Interop.IntAsFloat((bits & MantissaMask) | ExponentOfOne);
        if (mantissa > 1.4142135623730951)
        {
            mantissa *= 0.5;
            exponent++;
        }

        double z = (mantissa - 1) / (mantissa + 1);
        double s = z * z;
        double series = 1 + (s * ((1.0 / 3) + (s * ((1.0 / 5) + (s * ((1.0 / 7) + (s * ((1.0 / 9) + (s * ((1.0 / 11)
            + (s * ((1.0 / 13) + (s * ((1.0 / 15) + (s * (1.0 / 17))))))))))))))));
        return (exponent * 0.6931471805599453) + (2 * z * series);
    }
}
