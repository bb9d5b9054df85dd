namespace XrdCt.Live.Phantoms;

/// <summary>
/// SplitMix64: one 64-bit state, the same numbers on every machine and runtime for a seed (unlike
/// <see cref="Random"/>, whose algorithm may change). Not thread-safe; a mutable value: pass it by reference.
/// </summary>
/// <remarks>Source: Steele, Lea, Flood, <see href="https://doi.org/10.1145/2660193.2660195"/>.</remarks>
public struct SeededRandom
{
    // Above this mean a rounded normal deviate differs from Poisson by less than the skew 1/sqrt(mean) of a bright
    // spot.
    private const double NormalFrom = 64;

    private ulong _state;

    /// <summary>Starts a sequence.</summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="stream">Independent sequence of that seed, such as a frame index.</param>
    public SeededRandom(long seed, long stream = 0)
    {
        _state = unchecked((ulong)seed * 0x9E3779B97F4A7C15UL);
        _state = NextBits() ^ unchecked((ulong)stream * 0xD1342543DE82EF95UL);
        NextBits();
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextBits()
    {
        ulong z = _state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextUnit() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [<paramref name="lower"/>, <paramref name="upper"/>).</summary>
    public double NextBetween(double lower, double upper) => lower + ((upper - lower) * NextUnit());

    /// <summary>Uniform integer in [0, <paramref name="end"/>).</summary>
    public int NextIndex(int end) => (int)(NextUnit() * end);

    /// <summary>Standard normal deviate (Box–Muller).</summary>
    public double NextNormal() =>
        Math.Sqrt(-2 * Math.Log(1 - NextUnit())) * Math.Cos(2 * Math.PI * NextUnit());

    /// <summary>Poisson deviate: by inversion up to a mean of 64, a rounded normal deviate above.</summary>
    /// <param name="mean">Mean, counts, not negative.</param>
    public int NextPoisson(double mean)
    {
        if (mean > NormalFrom)
        {
            return (int)Math.Max(0, Math.Round(mean + (Math.Sqrt(mean) * NextNormal())));
        }

        double u = NextUnit();
        double term = Math.Exp(-mean);
        double sum = term;
        int count = 0;

        // The first terms of a large mean are tiny too: only behind the mean do they end the sum.
        while (u > sum && (count < mean || term > 1e-18))
        {
            count++;
            term *= mean / count;
            sum += term;
        }

        return count;
    }
}
