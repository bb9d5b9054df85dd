using XrdCt.Live.Compute.Reconstruction;

namespace XrdCt.Live.Tests.Reconstruction;

/// <summary>What every back-projection of blocks does: bin by bin the same as <see cref="BackProjector"/>, the scalar reference.</summary>
public abstract class BlockBackProjectionContract
{
    // 250 sums in floats instead of doubles: some 1e-7 of the largest, each.
    private const double AgainstReference = 3e-6;

    /// <summary>Size, projections, centre: odd and even, smaller than a tile and not a multiple of it, an axis anywhere.</summary>
    public static TheoryData<int, int, double> Cases { get; } = new()
    {
        { 2, 1, 0 }, { 3, 2, 0.9 }, { 15, 3, 0 }, { 16, 8, 0 }, { 17, 9, -2.5 }, { 33, 5, 7.25 }, { 40, 17, -19.99 }, { 51, 16, 0.3 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Add_EveryBinAnother_IsTheReferenceBinByBin(int size, int count, double centre_px)
    {
        float[] filtered = BlockSamples.Noise(count * (size + 2) * BinBlock.Width, size);
        ProjectionTerm[] terms = Terms(count, size);
        float[] start = BlockSamples.Noise(size * size * BinBlock.Width, size + 1);
        float[] slices = [.. start];

        Add(size, centre_px, filtered, terms, slices);

        for (int bin = 0; bin < BinBlock.Width; bin += 7)
        {
            double[] expected = [.. Enumerable.Range(0, size * size).Select(i => (double)start[(i * BinBlock.Width) + bin])];
            Reference(size, centre_px, filtered, terms, bin, expected);
            double weights = terms.Sum(t => Math.Abs(t.Weight)) + 1;
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i], slices[(i * BinBlock.Width) + bin], AgainstReference * weights);
            }
        }
    }

    [Fact]
    public void Add_OutsideTheCircle_LeavesEverythingAlone()
    {
        const int Size = 37;
        float[] slices = new float[Size * Size * BinBlock.Width];
        Array.Fill(slices, float.NaN);
        float[] filtered = BlockSamples.Noise((Size + 2) * BinBlock.Width, 1);
        for (int i = 0; i < Size * Size; i++)
        {
            if (double.Hypot((i % Size) - 18, (i / Size) - 18) <= 18 - 4.5)
            {
                Array.Fill(slices, 1, i * BinBlock.Width, BinBlock.Width);
            }
        }

        Add(Size, -4.5, filtered, [new ProjectionTerm(0, 0.3, 1)], slices);

        for (int i = 0; i < Size * Size; i++)
        {
            bool isInside = double.Hypot((i % Size) - 18, (i / Size) - 18) <= 18 - 4.5;
            Assert.All(slices.Skip(i * BinBlock.Width).Take(BinBlock.Width), v => Assert.True(isInside ? v != 1 && float.IsFinite(v) : float.IsNaN(v)));
        }
    }

    [Fact]
    public void Add_NoTerms_ChangesNothing()
    {
        float[] start = BlockSamples.Noise(20 * 20 * BinBlock.Width, 2);
        float[] slices = [.. start];
        Add(20, 0, [], [], slices);
        Assert.Equal(start, slices);
    }

    [Fact]
    public void Add_AndTakeOut_LeavesWhatWasThere()
    {
        const int Size = 21;
        float[] filtered = BlockSamples.Noise(5 * (Size + 2) * BinBlock.Width, 3);
        float[] start = BlockSamples.Noise(Size * Size * BinBlock.Width, 4);
        float[] slices = [.. start];
        ProjectionTerm[] terms = Terms(5, 8);

        Add(Size, 1.5, filtered, terms, slices);
        Add(Size, 1.5, filtered, [.. terms.Select(t => t with { Weight = -t.Weight })], slices);

        Assert.All(start.Zip(slices), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Fact]
    public void Add_NaNInABin_HarmsNoOtherBin()
    {
        const int Size = 18;
        float[] filtered = BlockSamples.Noise((Size + 2) * BinBlock.Width, 5);
        float[] clean = new float[Size * Size * BinBlock.Width];
        float[] slices = new float[clean.Length];
        Add(Size, 0, filtered, [new ProjectionTerm(0, 1, 1)], clean);
        for (int i = 0; i < Size + 2; i++)
        {
            filtered[(i * BinBlock.Width) + 11] = float.NaN;
        }

        Add(Size, 0, filtered, [new ProjectionTerm(0, 1, 1)], slices);

        for (int i = 0; i < slices.Length; i++)
        {
            bool isSeen = double.Hypot((i / BinBlock.Width % Size) - 9, (i / BinBlock.Width / Size) - 9) <= 9;
            Assert.Equal(i % BinBlock.Width == 11 && isSeen ? float.NaN : clean[i], slices[i]);
        }
    }

    [Fact]
    public void Add_LastSampleOfAnEvenSlice_ReadsNothingBeyondIt()
    {
        // At 180° the first column of an even slice is exactly at the last filtered sample.
        const int Size = 16;
        const int Row = (Size + 2) * BinBlock.Width;
        float[] filtered = [.. BlockSamples.Noise(Row, 6), .. Enumerable.Repeat(float.NaN, Row)];
        float[] slices = new float[Size * Size * BinBlock.Width];

        Add(Size, 0, filtered, [new ProjectionTerm(0, Math.PI, 2)], slices);

        Assert.Equal(2 * filtered[Row - BinBlock.Width], slices[8 * Size * BinBlock.Width], 1e-5);
        Assert.All(slices, v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void Add_WrongLengthsRowsAndAngles_AreRefused()
    {
        const int Row = 22 * BinBlock.Width;
        const int Slices = 20 * 20 * BinBlock.Width;
        Assert.Throws<ArgumentException>(() => Add(20, 0, new float[Row - 1], [], new float[Slices]));
        Assert.Throws<ArgumentException>(() => Add(20, 0, new float[Row], [], new float[Slices - 1]));
        Assert.Throws<ArgumentException>(() => Add(20, 0, new float[Row], [new ProjectionTerm(1, 0, 1)], new float[Slices]));
        Assert.Throws<ArgumentException>(() => Add(20, 0, new float[Row], [new ProjectionTerm(-1, 0, 1)], new float[Slices]));
        Assert.Throws<ArgumentException>(() => Add(20, 0, new float[Row], [new ProjectionTerm(0, double.NaN, 1)], new float[Slices]));
        Assert.Throws<ArgumentException>(() => Add(20, 0, new float[Row], [new ProjectionTerm(0, double.PositiveInfinity, 1)], new float[Slices]));
    }

    /// <summary>Adds projections to slices.</summary>
    protected abstract void Add(int size, double centre_px, float[] filtered, ProjectionTerm[] terms, float[] slices);

    // Rows in another order, one of them twice, angles in all four quadrants and on the axes.
    private static ProjectionTerm[] Terms(int count, int seed)
    {
        var random = new Random(seed);
        ProjectionTerm[] terms = [.. Enumerable.Range(0, count).Select(i => new ProjectionTerm((i * 7) % count, (random.NextDouble() - 0.5) * 20, random.NextDouble() - 0.4))];
        for (int i = 0; i < Math.Min(count, 4); i++)
        {
            terms[i] = terms[i] with { Angle_rad = i * Math.PI / 2 };
        }

        return terms;
    }

    private static void Reference(int size, double centre_px, float[] filtered, ProjectionTerm[] terms, int bin, double[] slice)
    {
        var projector = new BackProjector(size, centre_px);
        float[] row = new float[size + 2];
        foreach (ProjectionTerm term in terms)
        {
            for (int i = 0; i < row.Length; i++)
            {
                row[i] = filtered[(((term.Row * row.Length) + i) * BinBlock.Width) + bin];
            }

            projector.Add(row, term.Angle_rad, term.Weight, slice);
        }
    }
}
