using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Tests.Reconstruction;

public sealed class ProgressiveBlockTests
{
    private const int Width = BinBlock.Width;

    /// <summary>Progressive against batch, and what comes back after it was taken out: floats, of the range of a slice.</summary>
    private const double AgainstBatch = 1e-5;

    public static TheoryData<ScanOrder, int> Orders { get; } = new()
    {
        { ScanOrder.TranslationFast, 1 }, { ScanOrder.Interlaced, 1 }, { ScanOrder.Golden, 1 }, { ScanOrder.Golden, 7 }, { ScanOrder.BitReversed, 40 },
    };

    [Theory]
    [MemberData(nameof(Orders))]
    public void Update_AfterTheLastProjection_EqualsTheBatchOfEveryBin(ScanOrder order, int atOnce)
    {
        (ScanPlan plan, float[] values) = Scan(order);
        ProgressiveBlock block = Empty(plan, RampFilter.SheppLogan);
        Memory<float> spare = Spare(plan);
        for (int line = 0; line < plan.LineCount; line++)
        {
            int rotation = plan.CellOf(line * plan.LineLength).Rotation;
            block.Put(rotation, Projection(plan, values, rotation));
            if (line % atOnce == atOnce - 1 || line == plan.LineCount - 1)
            {
                block.Update(ref spare);
            }
        }

        Assert.Equal(plan.RotationCount, block.ProjectionCount);
        Assert.Equal(plan.Step_deg, block.LargestGap_deg, 1e-9);
        EqualsBatch(plan, RampFilter.SheppLogan, values, block, 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(60)]
    public void Update_ShuffledExchangedAndWithdrawn_EqualsBatch(int atOnce)
    {
        (ScanPlan plan, float[] values) = Scan(ScanOrder.TranslationFast);
        ProgressiveBlock block = Empty(plan, RampFilter.Ramp, -2);
        Memory<float> spare = Spare(plan);
        var random = new Random(atOnce);
        int[] order = [.. Enumerable.Range(0, plan.RotationCount).OrderBy(_ => random.Next())];
        int done = 0;
        foreach (int rotation in order)
        {
            float factor = random.NextSingle() * 3;
            float[] wrong = [.. Projection(plan, values, rotation).ToArray().Select(v => v * factor)];
            Do(() => block.Put(rotation, wrong));
        }

        foreach (int rotation in order.Where((_, i) => i % 3 == 0))
        {
            Do(() => block.Withdraw(rotation));
        }

        foreach (int rotation in order.Reverse())
        {
            Do(() => block.Put(rotation, Projection(plan, values, rotation)));
            if (rotation % 4 == 0)
            {
                Do(() => block.Withdraw(rotation));
                Do(() => block.Put(rotation, Projection(plan, values, rotation)));
            }
        }

        block.Update(ref spare);
        EqualsBatch(plan, RampFilter.Ramp, values, block, -2);

        void Do(Action change)
        {
            change();
            if (++done % atOnce == 0)
            {
                block.Update(ref spare);
            }
        }
    }

    [Fact]
    public void Update_HalfWay_IsTheBatchOfTheProjectionsThatAreIn()
    {
        (ScanPlan plan, float[] values) = Scan(ScanOrder.Golden);
        ProgressiveBlock block = Empty(plan, RampFilter.Hann);
        Memory<float> spare = Spare(plan);
        bool[] present = new bool[plan.RotationCount];
        for (int line = 0; line < 43; line++)
        {
            int rotation = plan.CellOf(line * plan.LineLength).Rotation;
            present[rotation] = true;
            block.Put(rotation, Projection(plan, values, rotation));
            block.Update(ref spare);
        }

        for (int bin = 0; bin < Width; bin += 9)
        {
            ProgressiveSlice expected = ProgressiveSlice.Batch(plan, RampFilter.Hann, BlockSamples.SinogramOf(values, Width, bin), present);
            BlockSamples.AssertClose(expected.ToMap("bin").Values, BlockSamples.SliceOf(block, bin), AgainstBatch);
        }
    }

    [Fact]
    public void Withdraw_AndPutAgain_IsNeutral()
    {
        (ScanPlan plan, float[] values) = Scan(ScanOrder.TranslationFast);
        ProgressiveBlock block = Full(plan, values, RampFilter.Ramp, out Memory<float> spare);
        float[] before = BlockSamples.SliceOf(block, 13);
        foreach (int rotation in new[] { 0, 50, 99 })
        {
            block.Withdraw(rotation);
            block.Update(ref spare);
            Assert.Throws<Xunit.Sdk.FailException>(() => BlockSamples.AssertClose(before, BlockSamples.SliceOf(block, 13), AgainstBatch));
            block.Put(rotation, Projection(plan, values, rotation));
            block.Update(ref spare);
        }

        BlockSamples.AssertClose(before, BlockSamples.SliceOf(block, 13), AgainstBatch);
    }

    [Fact]
    public void Slices_BeforeUpdate_AreThoseOfTheLastOne()
    {
        (ScanPlan plan, float[] values) = Scan(ScanOrder.TranslationFast);
        ProgressiveBlock block = Full(plan, values, RampFilter.Ramp, out Memory<float> spare);
        float[] before = BlockSamples.SliceOf(block, 5);

        block.SetCentre(1.5);
        block.Put(3, new float[plan.TranslationCount * Width]);
        block.Restart(new BlockProjectionFilter(new ProjectionFilter(plan.TranslationCount, RampFilter.Hann)));
        Assert.True(block.IsBehind);
        Assert.Equal(0, block.ProjectionCount);
        block.SetCentre(0);
        Assert.Equal(before, BlockSamples.SliceOf(block, 5));

        for (int rotation = 0; rotation < plan.RotationCount; rotation++)
        {
            block.Put(rotation, Projection(plan, values, rotation));
        }

        Assert.Equal(before, BlockSamples.SliceOf(block, 5));
        block.Update(ref spare);
        Assert.False(block.IsBehind);
        EqualsBatch(plan, RampFilter.Hann, values, block, 0);
    }

    [Fact]
    public void Renew_AfterNoise_LeavesNothingOfIt()
    {
        (ScanPlan plan, float[] values) = Scan(ScanOrder.TranslationFast);
        ProgressiveBlock block = Full(plan, values, RampFilter.Ramp, out Memory<float> spare);
        float[] before = block.Slices.ToArray();
        block.Put(7, [.. BlockSamples.Noise(plan.TranslationCount * Width, 3).Select(v => 1e6f * v)]);
        block.Update(ref spare);
        block.Put(7, Projection(plan, values, 7));
        block.Update(ref spare);
        Assert.NotEqual(before, block.Slices.ToArray());
        block.Renew();
        Assert.True(block.IsBehind);
        block.Update(ref spare);
        Assert.Equal(before, block.Slices.ToArray());
    }

    [Fact]
    public void SetCentre_MovesTheAxis()
    {
        (ScanPlan plan, float[] values) = Scan(ScanOrder.TranslationFast);
        ProgressiveBlock block = Full(plan, values, RampFilter.Ramp, out Memory<float> spare);
        block.SetCentre(4.25);
        block.Update(ref spare);
        Assert.Equal(4.25, block.Centre_px);
        EqualsBatch(plan, RampFilter.Ramp, values, block, 4.25);
        Assert.Throws<ArgumentOutOfRangeException>(() => block.SetCentre(50));
        Assert.Equal(4.25, block.Centre_px);
    }

    [Fact]
    public void Update_MadeAnew_LeavesTheOldSlicesWholeInTheSpareMemory()
    {
        (ScanPlan plan, float[] values) = Scan(ScanOrder.TranslationFast);
        ProgressiveBlock block = Full(plan, values, RampFilter.Ramp, out Memory<float> spare);
        float[] before = block.Slices.ToArray();
        block.SetCentre(1);
        block.Update(ref spare);
        Assert.Equal(before, spare.ToArray());
        Assert.Throws<ArgumentException>(() =>
        {
            Memory<float> small = new float[3];
            block.Update(ref small);
        });
    }

    [Fact]
    public void Put_BinOfNaN_IsNaNAndHarmsNoOtherUntilItIsExchanged()
    {
        (ScanPlan plan, float[] values) = Scan(ScanOrder.TranslationFast);
        float[] broken = [.. values];
        for (int i = 17; i < broken.Length; i += Width)
        {
            broken[i] = float.NaN;
        }

        ProgressiveBlock block = Full(plan, broken, RampFilter.Ramp, out Memory<float> spare);
        Assert.All(BlockSamples.SliceOf(block, 17), v => Assert.True(float.IsNaN(v)));
        BlockSamples.AssertClose(BlockSamples.Batch(plan, RampFilter.Ramp, values, Width, 16), BlockSamples.SliceOf(block, 16), AgainstBatch);
        BlockSamples.AssertClose(BlockSamples.Batch(plan, RampFilter.Ramp, values, Width, 18), BlockSamples.SliceOf(block, 18), AgainstBatch);

        for (int rotation = 0; rotation < plan.RotationCount; rotation++)
        {
            block.Put(rotation, Projection(plan, values, rotation));
            block.Update(ref spare);
        }

        BlockSamples.AssertClose(BlockSamples.Batch(plan, RampFilter.Ramp, values, Width, 17), BlockSamples.SliceOf(block, 17), AgainstBatch);
        EqualsBatch(plan, RampFilter.Ramp, values, block, 0);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(20, 1)]
    [InlineData(21, 2)]
    [InlineData(34, 5)]
    public void Update_FewProjections_IsDefined(int size, int count)
    {
        var plan = new ScanPlan(size, count, 1);
        float[] values = BlockSamples.Noise(size * count * Width, size);
        ProgressiveBlock block = Full(plan, values, RampFilter.Cosine, out Memory<float> spare);
        EqualsBatch(plan, RampFilter.Cosine, values, block, 0);
        for (int rotation = 0; rotation < count; rotation++)
        {
            block.Withdraw(rotation);
            block.Withdraw(rotation);
        }

        block.Update(ref spare);
        Assert.Equal(0, block.ProjectionCount);
        Assert.All(BlockSamples.SliceOf(block, 0), v => Assert.True(float.IsNaN(v)));
        Assert.All(block.Slices.ToArray(), v => Assert.Equal(0, v));
    }

    [Fact]
    public void Update_AllZero_IsZeroInsideTheCircle()
    {
        var plan = new ScanPlan(21, 6, 1);
        ProgressiveBlock block = Full(plan, new float[plan.CellCount * Width], RampFilter.Ramp, out _);
        float[] slice = BlockSamples.SliceOf(block, 3);
        for (int i = 0; i < slice.Length; i++)
        {
            Assert.Equal(double.Hypot((i % 21) - 10, (i / 21) - 10) <= 10 ? 0 : float.NaN, slice[i]);
        }
    }

    [Fact]
    public void CopyPattern_OfAPixel_IsThatPixelOfEverySlice()
    {
        (ScanPlan plan, float[] values) = Scan(ScanOrder.TranslationFast);
        ProgressiveBlock block = Full(plan, values, RampFilter.Ramp, out _);
        float[] pattern = new float[Width];
        block.CopyPattern(31, 60, pattern);
        Assert.Equal([.. Enumerable.Range(0, Width).Select(bin => BlockSamples.SliceOf(block, bin)[(31 * 101) + 60])], pattern);
        block.CopyPattern(0, 0, pattern);
        Assert.All(pattern, v => Assert.True(float.IsNaN(v)));
        Assert.Throws<ArgumentOutOfRangeException>(() => block.CopyPattern(101, 0, pattern));
        Assert.Throws<ArgumentOutOfRangeException>(() => block.CopySlice(Width, new float[101 * 101]));
    }

    [Fact]
    public void Update_SumOfTwoScans_IsTheSumOfTheirSlices()
    {
        (ScanPlan plan, float[] one) = Scan(ScanOrder.Golden);
        float[] two = BlockSamples.Noise(one.Length, 9);
        float[] slices = [.. Full(plan, one, RampFilter.Hamming, out _).Slices];
        float[] others = [.. Full(plan, two, RampFilter.Hamming, out _).Slices];
        ReadOnlySpan<float> both = Full(plan, [.. one.Zip(two, (a, b) => (3 * a) + (0.5f * b))], RampFilter.Hamming, out _).Slices;
        float largest = slices.Max(Math.Abs);
        for (int i = 0; i < both.Length; i++)
        {
            Assert.Equal((3 * slices[i]) + (0.5f * others[i]), both[i], AgainstBatch * largest);
        }
    }

    [Fact]
    public void PutAndUpdate_WarmedUp_AllocateNothing()
    {
        var plan = new ScanPlan(21, 40, 1);
        float[] values = BlockSamples.Noise(plan.CellCount * Width, 1);
        ProgressiveBlock block = Full(plan, values, RampFilter.Ramp, out Memory<float> spare);
        int rotation = 0;
        Assert.Equal(0, Allocation.OfRound_bytes(() =>
        {
            block.Put(rotation++ % 40, values.AsSpan(0, 21 * Width));
            block.Withdraw((rotation + 20) % 40);
            block.Update(ref spare);
        }));
    }

    [Fact]
    public void Make_FilterOfAnotherLength_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new ProgressiveBlock(new ScanPlan(20, 5, 1), new BlockProjectionFilter(new ProjectionFilter(21, RampFilter.Ramp))));

    private static (ScanPlan Plan, float[] Values) Scan(ScanOrder order)
    {
        (ScanPlan plan, float[] sinogram) = BlockSamples.Golden(order: order);
        return (plan, BlockSamples.Spread(plan, sinogram, Width));
    }

    private static ProgressiveBlock Empty(ScanPlan plan, RampFilter filter, double centre_px = 0) =>
        new(plan, new BlockProjectionFilter(new ProjectionFilter(plan.TranslationCount, filter)), centre_px);

    private static Memory<float> Spare(ScanPlan plan) => BinBlock.Allocate(plan.TranslationCount * plan.TranslationCount * Width);

    private static ProgressiveBlock Full(ScanPlan plan, float[] values, RampFilter filter, out Memory<float> spare)
    {
        ProgressiveBlock block = Empty(plan, filter);
        spare = Spare(plan);
        for (int rotation = 0; rotation < plan.RotationCount; rotation++)
        {
            block.Put(rotation, Projection(plan, values, rotation));
        }

        block.Update(ref spare);
        return block;
    }

    private static ReadOnlySpan<float> Projection(ScanPlan plan, float[] values, int rotation) =>
        values.AsSpan(rotation * plan.TranslationCount * Width, plan.TranslationCount * Width);

    private static void EqualsBatch(ScanPlan plan, RampFilter filter, float[] values, ProgressiveBlock block, double centre_px)
    {
        for (int bin = 0; bin < Width; bin += 9)
        {
            BlockSamples.AssertClose(
                BlockSamples.Batch(plan, filter, values, Width, bin, centre_px), BlockSamples.SliceOf(block, bin), AgainstBatch);
        }
    }
}
