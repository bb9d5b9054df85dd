using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using XrdCt.Live.Compute.Simd;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Adds filtered projections to the slices of a block of bins: the counterpart of <see cref="BackProjector"/>, with its definition, for
/// <see cref="BinBlock.Width"/> slices at once. Pixel (x, y), counted from the rotation axis at pixel N/2 (integer division), receives
/// <c>Σ weight · filtered(x·cos θ − y·sin θ + c)</c>, linearly interpolated; t is counted from sample N/2.
/// </summary>
/// <remarks>
/// One kernel serves the whole scan and a single projection: the sum over a few projections stays in registers and starts from the slices.
/// Pixels outside the circle of radius N/2 − |c| are left alone. NaN in a bin's projections makes that bin's slice NaN, and no other.
/// Immutable, thread-safe.
/// </remarks>
public sealed class BlockBackProjector
{
    /// <summary>
    /// Pixels along a side of what is worked on at a time with all projections: 256 KiB of slices stay in the second-level cache, and the
    /// projections' samples, 44 of N for each, come from further away an eighth as often as for each row of pixels.
    /// </summary>
    private const int Patch = 2 * TileRays.Side;

    private readonly BackProjector _single;

    /// <summary>Makes a back-projector for square slices.</summary>
    /// <param name="size">Pixels along x and y, equal to the samples of a projection.</param>
    /// <param name="centre_px">Offset c of the rotation axis from sample N/2, samples; less than N/2 in magnitude.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is below 2, or the axis is outside the projection.</exception>
    public BlockBackProjector(int size, double centre_px = 0) => _single = new BackProjector(size, centre_px);

    /// <summary>Pixels along x and y.</summary>
    public int Size => _single.Size;

    /// <summary>Offset c of the rotation axis from sample N/2, samples.</summary>
    public double Centre_px => _single.Centre_px;

    /// <summary>Values of a filtered projection: (N + 2) · <see cref="BinBlock.Width"/>.</summary>
    public int RowLength => SampleCount * BinBlock.Width;

    /// <summary>Values of the slices: N² · <see cref="BinBlock.Width"/>.</summary>
    public int SlicesLength => Size * Size * BinBlock.Width;

    private int SampleCount => Size + (2 * ProjectionFilter.Margin);

    /// <summary>Whether a pixel is in the circle that all projections see.</summary>
    /// <param name="y">Row of the slice.</param>
    /// <param name="x">Column of the slice.</param>
    public bool Sees(int y, int x)
    {
        (int first, int last) = Columns(y);
        return x >= first && x <= last;
    }

    /// <summary>Adds projections.</summary>
    /// <param name="filtered">
    /// Filtered projections, [row, sample, bin]: N + 2 samples (see <see cref="ProjectionFilter.FilteredLength"/>) of
    /// <see cref="BinBlock.Width"/> bins.
    /// </param>
    /// <param name="terms">Which of them, at which angles, with which weights.</param>
    /// <param name="slices">[y, x, bin], added to.</param>
    /// <exception cref="ArgumentException">The lengths do not belong together, or a term has no row or no angle.</exception>
    public void Add(ReadOnlySpan<float> filtered, ReadOnlySpan<ProjectionTerm> terms, Span<float> slices)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Add<BinVector512>(filtered, terms, slices);
        }
        else
        {
            Add<BinVector256>(filtered, terms, slices);
        }
    }

    /// <summary>Adds projections by vectors of a chosen width.</summary>
    [SkipLocalsInit]
    internal void Add<TVector>(ReadOnlySpan<float> filtered, ReadOnlySpan<ProjectionTerm> terms, Span<float> slices)
        where TVector : struct, IBinVector<TVector>
    {
        Check(filtered, terms, slices);
        var rays = new TileRays(stackalloc int[TileRays.Length], stackalloc float[TileRays.Length], stackalloc float[TileRays.Length]);
        Span<(double Sin, double Cos)> directions = stackalloc (double, double)[TileRays.MostTerms];
        for (int y = 0; y < Size; y += Patch)
        {
            for (int x = 0; x < Size; x += Patch)
            {
                ReadOnlySpan<ProjectionTerm> rest = terms;
                while (!rest.IsEmpty)
                {
                    ReadOnlySpan<ProjectionTerm> some = rest[..Math.Min(rest.Length, TileRays.MostTerms)];
                    for (int k = 0; k < some.Length; k++)
                    {
                        directions[k] = Math.SinCos(some[k].Angle_rad);
                    }

                    AddToPatch<TVector>(filtered, some, directions, y, x, rays, slices);
                    rest = rest[some.Length..];
                }
            }
        }
    }

    /// <summary>Throws where the kernels would leave the memory; they do not look again.</summary>
    internal void Check(ReadOnlySpan<float> filtered, ReadOnlySpan<ProjectionTerm> terms, ReadOnlySpan<float> slices)
    {
        (int rows, int rest) = Math.DivRem(filtered.Length, RowLength);
        if (rest != 0 || slices.Length != SlicesLength)
        {
            throw new ArgumentException(
                $"slices of {Size}² and {BinBlock.Width} bins take rows of {RowLength} values into {SlicesLength}, not {filtered.Length} into {slices.Length}");
        }

        foreach (ref readonly ProjectionTerm term in terms)
        {
            if ((uint)term.Row >= (uint)rows || !double.IsFinite(term.Angle_rad))
            {
                throw new ArgumentException($"there are {rows} filtered projections, none is {term}", nameof(terms));
            }
        }
    }

    /// <summary>First and last column of a row inside the circle; the last is before the first where the row is outside.</summary>
    internal (int First, int Last) Columns(int row) => _single.Columns(row);

    private void AddToPatch<TVector>(
        ReadOnlySpan<float> filtered,
        ReadOnlySpan<ProjectionTerm> terms,
        ReadOnlySpan<(double Sin, double Cos)> directions,
        int top,
        int left,
        TileRays rays,
        Span<float> slices)
        where TVector : struct, IBinVector<TVector>
    {
        int radius = Size / 2;
        for (int y = top; y < Math.Min(top + Patch, Size); y += TileRays.Side)
        {
            for (int x = left; x < Math.Min(left + Patch, Size); x += TileRays.Side)
            {
                if (IsSeen(y, x))
                {
                    rays.Fill(terms, directions, x - radius, y - radius, radius + ProjectionFilter.Margin + Centre_px, SampleCount);
                    AddToTile<TVector>(filtered, terms.Length, y, x, rays, slices);
                }
            }
        }
    }

    // The row nearest to the axis has the most columns.
    private bool IsSeen(int top, int left)
    {
        (int first, int last) = Columns(Math.Clamp(Size / 2, top, Math.Min(top + TileRays.Side, Size) - 1));
        return first < left + TileRays.Side && last >= left;
    }

    private void AddToTile<TVector>(ReadOnlySpan<float> filtered, int termCount, int top, int left, TileRays rays, Span<float> slices)
        where TVector : struct, IBinVector<TVector>
    {
        ref float samples = ref MemoryMarshal.GetReference(filtered);
        for (int row = 0; row < TileRays.Side && top + row < Size; row++)
        {
            (int first, int last) = Columns(top + row);
            first = Math.Max(first, left) - left;
            last = Math.Min(last, left + TileRays.Side - 1) - left;
            ref float line = ref slices[(((top + row) * Size) + left) * BinBlock.Width];
            int column = first;
            for (; column < last; column += 2)
            {
                AddToTwo<TVector>(
                    ref samples,
                    termCount,
                    ref rays.OffsetOf(row, column),
                    ref rays.FirstWeightOf(row, column),
                    ref rays.SecondWeightOf(row, column),
                    ref Unsafe.Add(ref line, column * BinBlock.Width));
            }

            if (column == last)
            {
                AddToOne<TVector>(
                    ref samples,
                    termCount,
                    ref rays.OffsetOf(row, column),
                    ref rays.FirstWeightOf(row, column),
                    ref rays.SecondWeightOf(row, column),
                    ref Unsafe.Add(ref line, column * BinBlock.Width));
            }
        }
    }

    // Two pixels: eight sums in flight, which hide the four cycles of a multiply-add.
    private static void AddToTwo<TVector>(ref float samples, int termCount, ref int offset, ref float first, ref float second, ref float pixels)
        where TVector : struct, IBinVector<TVector>
    {
        nuint end = (nuint)(termCount * TileRays.NextTerm);
        for (nuint bin = 0; bin < BinBlock.Width; bin += (nuint)TVector.Count)
        {
            TVector one = TVector.Load(ref pixels, bin);
            TVector two = TVector.Load(ref pixels, bin + BinBlock.Width);
            for (nuint k = 0; k < end; k += TileRays.NextTerm)
            {
                nuint at = (nuint)Unsafe.Add(ref offset, k) + bin;
                one = one.Plus(Unsafe.Add(ref first, k), TVector.Load(ref samples, at));
                one = one.Plus(Unsafe.Add(ref second, k), TVector.Load(ref samples, at + BinBlock.Width));
                at = (nuint)Unsafe.Add(ref offset, k + 1) + bin;
                two = two.Plus(Unsafe.Add(ref first, k + 1), TVector.Load(ref samples, at));
                two = two.Plus(Unsafe.Add(ref second, k + 1), TVector.Load(ref samples, at + BinBlock.Width));
            }

            one.Store(ref pixels, bin);
            two.Store(ref pixels, bin + BinBlock.Width);
        }
    }

    private static void AddToOne<TVector>(ref float samples, int termCount, ref int offset, ref float first, ref float second, ref float pixel)
        where TVector : struct, IBinVector<TVector>
    {
        nuint end = (nuint)(termCount * TileRays.NextTerm);
        for (nuint bin = 0; bin < BinBlock.Width; bin += (nuint)TVector.Count)
        {
            TVector one = TVector.Load(ref pixel, bin);
            for (nuint k = 0; k < end; k += TileRays.NextTerm)
            {
                nuint at = (nuint)Unsafe.Add(ref offset, k) + bin;
                one = one.Plus(Unsafe.Add(ref first, k), TVector.Load(ref samples, at));
                one = one.Plus(Unsafe.Add(ref second, k), TVector.Load(ref samples, at + BinBlock.Width));
            }

            one.Store(ref pixel, bin);
        }
    }
}
