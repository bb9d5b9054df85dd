using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace XrdCt.Live.Phantoms.Detector;

/// <summary>
/// Eight independent xoshiro128+ generators in vector lanes: 8 × 32 random bits a step. Works (slower) without vector
/// hardware and gives the same bits there. The upper bits are the better ones.
/// </summary>
/// <remarks>Source: Blackman, Vigna, <see href="https://doi.org/10.1145/3460772"/>; public-domain reference
/// code.</remarks>
internal struct LaneRandom
{
    private Vector256<uint> _s0;
    private Vector256<uint> _s1;
    private Vector256<uint> _s2;
    private Vector256<uint> _s3;

    public LaneRandom(SeededRandom seeds)
    {
        _s0 = Fill(ref seeds);
        _s1 = Fill(ref seeds);
        _s2 = Fill(ref seeds);

        // An all-zero lane would stay zero for ever.
        _s3 = Fill(ref seeds) | Vector256<uint>.One;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<uint> Next()
    {
        Vector256<uint> result = _s0 + _s3;
        Vector256<uint> t = _s1 << 9;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = (_s3 << 11) | (_s3 >> 21);
        return result;
    }

    private static Vector256<uint> Fill(ref SeededRandom seeds) =>
        Vector256.Create(seeds.NextBits(), seeds.NextBits(), seeds.NextBits(), seeds.NextBits()).AsUInt32();
}
