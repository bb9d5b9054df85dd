namespace XrdCt.Live.Fuzzing;

/// <summary>
/// SplitMix64: the same numbers on every machine and in every version of .NET, and a stream of its own for each case.
/// </summary>
/// <remarks>Source: G. L. Steele et al., Fast splittable pseudorandom number generators, OOPSLA 2014.</remarks>
internal struct FuzzRandom
{
    private ulong _state;

    /// <summary>The stream of one case.</summary>
    internal FuzzRandom(ulong seed, string target, long number)
    {
        _state = seed;
        foreach (char c in target)
        {
            _state = Next() + c;
        }

        _state = Next() + (ulong)number;
        Next();
    }

    internal ulong Next()
    {
        _state += 0x9E37_79B9_7F4A_7C15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to below <paramref name="end"/>, which is at least 1.</summary>
    internal int Below(int end) => (int)(((UInt128)Next() * (ulong)end) >> 64);
}
