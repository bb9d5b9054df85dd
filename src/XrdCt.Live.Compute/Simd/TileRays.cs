using System.Runtime.Intrinsics;
using XrdCt.Live.Compute.Reconstruction;

namespace XrdCt.Live.Compute.Simd;

/// <summary>
/// Which samples the pixels of a tile meet in a few projections, and how much of each: the same for all bins. Written by vectors of sixteen
/// pixels, read pixel by pixel.
/// </summary>
internal readonly ref struct TileRays
{
    /// <summary>Pixels along a side of a tile: the integers of a vector of 512 bits.</summary>
    public const int Side = 16;

    /// <summary>
    /// Projections at a time. Their samples (23 of 256 bytes each) and this table fill the first-level cache once and a half; 4 and 16 were
    /// slower (measured on a Zen 4).
    /// </summary>
    public const int MostTerms = 8;

    /// <summary>Entries of a table.</summary>
    public const int Length = Side * Side * MostTerms;

    /// <summary>Entries from a pixel's term to its next one.</summary>
    public const int NextTerm = Side;

    // t within a tile is below 16·√2 + 1 < 2⁵; the other 26 bits of an integer are its fraction, hence t is good to 2⁻²⁶.
    private const int FractionBits = 26;
    private const double One = 1 << FractionBits;

    private readonly Span<int> _offsets;
    private readonly Span<float> _nearer;
    private readonly Span<float> _further;

    /// <summary>Makes a table in memory of the caller's, <see cref="Length"/> each.</summary>
    public TileRays(Span<int> offsets, Span<float> nearer, Span<float> further)
    {
        _offsets = offsets[..Length];
        _nearer = nearer[..Length];
        _further = further[..Length];
    }

    /// <summary>Offset of the first sample of a pixel and its first term; those of its next pixels and terms follow.</summary>
    public ref int OffsetOf(int row, int column) => ref _offsets[(row * Side * MostTerms) + column];

    /// <summary>Weights of the first samples, in the same order.</summary>
    public ref float FirstWeightOf(int row, int column) => ref _nearer[(row * Side * MostTerms) + column];

    /// <summary>Weights of the samples after them, in the same order.</summary>
    public ref float SecondWeightOf(int row, int column) => ref _further[(row * Side * MostTerms) + column];

    /// <summary>Fills the table: <c>t = x·cos θ − y·sin θ + axis</c>, its integer part and what is left of it.</summary>
    /// <param name="terms">Projections, at most <see cref="MostTerms"/>.</param>
    /// <param name="directions">sin θ and cos θ of each.</param>
    /// <param name="x">Column of the tile's first pixel, from the axis.</param>
    /// <param name="y">Row of the tile's first pixel, from the axis.</param>
    /// <param name="axis">Sample of the axis.</param>
    /// <param name="sampleCount">Samples of a filtered projection; offsets stay inside, whatever the pixel.</param>
    public void Fill(ReadOnlySpan<ProjectionTerm> terms, ReadOnlySpan<(double Sin, double Cos)> directions, int x, int y, double axis, int sampleCount)
    {
        for (int k = 0; k < terms.Length; k++)
        {
            (double sin, double cos) = directions[k];
            float weight = (float)terms[k].Weight;
            double corner = (x * cos) - (y * sin) + axis;
            double lowest = Math.Floor(corner + ((Side - 1) * (Math.Min(cos, 0) + Math.Min(-sin, 0))));
            int first = (int)lowest;
            Vector512<int> columns = Columns(cos * One);
            Vector512<int> none = Vector512.Create(-first);
            Vector512<int> last = Vector512.Create(sampleCount - 2 - first);
            Vector512<int> start = Vector512.Create((terms[k].Row * sampleCount) + first);
            for (int row = 0; row < Side; row++)
            {
                Vector512<int> t = columns + Vector512.Create((int)Math.Round((corner - lowest - (row * sin)) * One));
                Vector512<int> whole = Vector512.Max(Vector512.Min(t >> FractionBits, last), none);
                Vector512<float> further = Vector512.ConvertToSingle(t - (whole << FractionBits)) * (float)(terms[k].Weight / One);
                nuint at = (nuint)(((row * MostTerms) + k) * Side);
                ((whole + start) * BinBlock.Width).StoreUnsafe(ref _offsets[0], at);
                (Vector512.Create(weight) - further).StoreUnsafe(ref _nearer[0], at);
                further.StoreUnsafe(ref _further[0], at);
            }
        }
    }

    private static Vector512<int> Columns(double step)
    {
        Span<int> columns = stackalloc int[Side];
        for (int i = 0; i < Side; i++)
        {
            columns[i] = (int)Math.Round(i * step);
        }

        return Vector512.Create<int>(columns);
    }
}
