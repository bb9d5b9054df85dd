using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace XrdCt.Live.Server.Benchmarks;

/// <summary>Multiply-adds of floats in registers, as many as a core can: the limit of any sum of products.</summary>
internal static class MultiplyAdds
{
    /// <summary>Multiply-adds of one <see cref="Run"/>.</summary>
    public static double Count => Rounds * 12.0 * (Vector512.IsHardwareAccelerated ? Vector512<float>.Count : Vector256<float>.Count);

    private const int Rounds = 1_000_000;

    /// <summary>Does them.</summary>
    public static void Run()
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Wide();
        }
        else
        {
            Narrow();
        }
    }

    // Twelve sums in flight: more than latency × units of any processor that there is.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static Vector512<float> Wide()
    {
        Vector512<float> a = Vector512.Create(1.0001f), b = Vector512.Create(1e-9f);
        Vector512<float> s0 = b, s1 = b, s2 = b, s3 = b, s4 = b, s5 = b, s6 = b, s7 = b, s8 = b, s9 = b, s10 = b, s11 = b;
        for (int i = 0; i < Rounds; i++)
        {
            s0 = Vector512.MultiplyAddEstimate(a, b, s0);
            s1 = Vector512.MultiplyAddEstimate(a, b, s1);
            s2 = Vector512.MultiplyAddEstimate(a, b, s2);
            s3 = Vector512.MultiplyAddEstimate(a, b, s3);
            s4 = Vector512.MultiplyAddEstimate(a, b, s4);
            s5 = Vector512.MultiplyAddEstimate(a, b, s5);
            s6 = Vector512.MultiplyAddEstimate(a, b, s6);
            s7 = Vector512.MultiplyAddEstimate(a, b, s7);
            s8 = Vector512.MultiplyAddEstimate(a, b, s8);
            s9 = Vector512.MultiplyAddEstimate(a, b, s9);
            s10 = Vector512.MultiplyAddEstimate(a, b, s10);
            s11 = Vector512.MultiplyAddEstimate(a, b, s11);
        }

        return s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static Vector256<float> Narrow()
    {
        Vector256<float> a = Vector256.Create(1.0001f), b = Vector256.Create(1e-9f);
        Vector256<float> s0 = b, s1 = b, s2 = b, s3 = b, s4 = b, s5 = b, s6 = b, s7 = b, s8 = b, s9 = b, s10 = b, s11 = b;
        for (int i = 0; i < Rounds; i++)
        {
            s0 = Vector256.MultiplyAddEstimate(a, b, s0);
            s1 = Vector256.MultiplyAddEstimate(a, b, s1);
            s2 = Vector256.MultiplyAddEstimate(a, b, s2);
            s3 = Vector256.MultiplyAddEstimate(a, b, s3);
            s4 = Vector256.MultiplyAddEstimate(a, b, s4);
            s5 = Vector256.MultiplyAddEstimate(a, b, s5);
            s6 = Vector256.MultiplyAddEstimate(a, b, s6);
            s7 = Vector256.MultiplyAddEstimate(a, b, s7);
            s8 = Vector256.MultiplyAddEstimate(a, b, s8);
            s9 = Vector256.MultiplyAddEstimate(a, b, s9);
            s10 = Vector256.MultiplyAddEstimate(a, b, s10);
            s11 = Vector256.MultiplyAddEstimate(a, b, s11);
        }

        return s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11;
    }
}
