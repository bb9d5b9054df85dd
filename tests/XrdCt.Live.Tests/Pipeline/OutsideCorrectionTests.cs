using System.Runtime.InteropServices;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Metrics;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>ROI scans that are freed from what lies outside their field of view while they grow.</summary>
public sealed class OutsideCorrectionTests
{
    private const int Total = 0, Spottiness = 1;

    [Theory]
    [InlineData(ScanOrder.Interlaced)]
    [InlineData(ScanOrder.RotationFast)]
    [InlineData(ScanOrder.TranslationFast)]
    public async Task Update_WhileAScanGrows_FindsThePlaceAndCorrectsEveryBin(ScanOrder order)
    {
        var scan = new RoiScan(order);
        var assembly = new ScanAssembly(scan.Settings, new FrameTally());
        var reconstruction = new LiveReconstruction(scan.Settings, roi: scan.Roi(RoiMode.Completion));
        using LiveVolume volume = new(scan.Settings, assembly.Sinogram, TimeProvider.System, () => false);
        Task running = Task.Run(volume.Run, TestContext.Current.CancellationToken);
        int cells = scan.Plan.CellCount;
        for (int i = 0; i < cells; i++)
        {
            assembly.Place(scan.Frame(i));
            if (i % 100 == 99)
            {
                reconstruction.Update(assembly);
                volume.Offer(reconstruction.Recipe!);
            }

            if (i == (cells * 3 / 4) && order == ScanOrder.Interlaced)
            {
                scan.AssertRegistered(reconstruction.Outside!.Alignment!);
                Assert.Equal(reconstruction.Outside.Alignment!.Centre_px, reconstruction.Centre_px);
                Assert.InRange(Errors(scan, reconstruction, Total).LowFrequency, 0, 0.05);
            }
        }

        assembly.Close();
        reconstruction.Complete(assembly);
        volume.Offer(reconstruction.Recipe!);
        volume.Complete();
        await running;

        RoiAlignment found = reconstruction.Outside!.Alignment!;
        scan.AssertRegistered(found);
        Assert.Equal((RoiMode.Completion, "coarse.nxs", true), (reconstruction.Outside.Mode, reconstruction.Outside.Coarse, reconstruction.Outside.HasAir));
        Assert.Contains("the ROI lies at (", reconstruction.Remark);
        (double total, double bias, double correlation) = Errors(scan, reconstruction, Total);
        Assert.InRange(total, 0, 0.02);
        Assert.InRange(bias, -0.01, 0.01);
        Assert.InRange(correlation, 0.95, 1);
        Assert.InRange(Errors(scan, scan.Measure(roi: null).Reconstruction, Total).LowFrequency, 0.3, 100);

        Assert.Equal((0.0, reconstruction.ProjectionCount), (volume.Lag_s, volume.ProjectionCount));
        float[][] slices = Slices(volume);
        float[] sum = new float[slices[0].Length];
        for (int b = 0; b < slices.Length; b++)
        {
            (double bin, bias, _) = scan.Errors(slices[b], reconstruction.Centre_px, b);
            Assert.InRange(bin, 0, 0.03);
            Assert.InRange(bias, -0.015, 0.015);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += slices[b][i];
            }
        }

        float[] live = [.. reconstruction.Slices()[Total].Values.Select(v => float.IsNaN(v) ? 0 : v)];
        float largest = live.Where(float.IsFinite).Max();
        Assert.All(live.Zip(sum), p => Assert.Equal(p.First, p.Second, 1e-3f * largest));
    }

    [Theory]
    [InlineData(RoiMode.Completion)]
    [InlineData(RoiMode.Subtraction)]
    [InlineData(RoiMode.Extension)]
    public void Complete_WhateverTheOrderOfTheFrames_IsTheSameToTheLastBit(RoiMode mode)
    {
        var scan = new RoiScan();
        int[] shuffled = [.. Enumerable.Range(0, scan.Plan.CellCount).OrderBy(i => (i * 7919) % scan.Plan.CellCount)];
        LiveReconstruction one = scan.Measure(scan.Roi(mode)).Reconstruction;
        LiveReconstruction other = scan.Measure(scan.Roi(mode), shuffled, updateEvery: 131).Reconstruction;
        Assert.Equal(one.Outside, other.Outside);
        Assert.Equal(one.Confidence, other.Confidence);
        Assert.NotNull(one.Confidence);
        foreach ((SliceMap left, SliceMap right) in one.Slices().Zip(other.Slices()))
        {
            Assert.Equal(Bits(left.Values), Bits(right.Values));
        }
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(15, true)]
    [InlineData(0, false)]
    public void Complete_AirOfAnyStrength_GivesTheScale(double air, bool isKnown)
    {
        var scan = new RoiScan(air: air);
        LiveReconstruction found = scan.Measure(scan.Roi(RoiMode.Completion, isKnown)).Reconstruction;
        scan.AssertRegistered(found.Outside!.Alignment!);
        Assert.Equal(RoiScan.Scale, found.Outside.Alignment!.Scale, 0.003);
        Assert.Equal(isKnown, found.Outside.HasAir);
        Assert.InRange(Errors(scan, found, Total).LowFrequency, 0, 0.02);
    }

    [Fact]
    public void Complete_Subtraction_IsNearlyAsGood()
    {
        var scan = new RoiScan();
        LiveReconstruction found = scan.Measure(scan.Roi(RoiMode.Subtraction)).Reconstruction;
        scan.AssertRegistered(found.Outside!.Alignment!);
        Assert.Equal(RoiMode.Subtraction, found.Outside.Mode);
        (double low, double bias, double correlation) = Errors(scan, found, Total);
        Assert.InRange(low, 0, 0.06);
        Assert.InRange(bias, -0.05, 0.05);
        Assert.InRange(correlation, 0.95, 1);
    }

    [Fact]
    public void Complete_ExtensionWithoutCoarseScan_HasTheStructureAndSaysThatLevelsAreGuessed()
    {
        var scan = new RoiScan(air: 0);
        LiveReconstruction found = scan.Measure(scan.Roi(RoiMode.Extension), updateEvery: 200).Reconstruction;
        Assert.Null(found.Outside!.Alignment);
        Assert.Equal((RoiMode.Extension, "", false), (found.Outside.Mode, found.Outside.Coarse, found.Outside.HasAir));
        Assert.Contains("levels are not to be trusted", found.Remark);
        double naive = Errors(scan, scan.Measure(roi: null).Reconstruction, Total).LowFrequency;
        (double low, _, double correlation) = Errors(scan, found, Total);
        Assert.InRange(low, 0, 0.5 * naive);
        Assert.InRange(correlation, 0.85, 1);
    }

    [Fact]
    public void Complete_CoarseScanOfFewerBins_IsRegisteredByThoseThatBothHave()
    {
        var scan = new RoiScan();
        (ScanAssembly _, LiveReconstruction reconstruction) = scan.Measure(scan.Roi(RoiMode.Completion, coarseBins: 5));

        // By the total of all bins the scale would be a third too large.
        scan.AssertRegistered(reconstruction.Outside!.Alignment!);
    }

    [Fact]
    public void Complete_SpottinessChannel_OwesNothingToTheCoarseScan()
    {
        var scan = new RoiScan();
        float[] completed = scan.Measure(scan.Roi(RoiMode.Completion)).Reconstruction.Slices()[Spottiness].Values;
        float[] expected = OfSpottiness(scan);
        Assert.Contains(completed, v => v > 0);

        // The axis is that of the registration.
        Assert.All(completed.Zip(expected), p => Assert.Equal(p.First, p.Second, 1e-4f));

        static float[] OfSpottiness(RoiScan scan)
        {
            LiveReconstruction registered = scan.Measure(scan.Roi(RoiMode.Completion)).Reconstruction;
            var slice = new Compute.Reconstruction.ProgressiveSlice(
                scan.Plan,
                scan.Settings.Filter,
                registered.Centre_px,
                new Compute.Roi.RoiExtension(scan.Plan.TranslationCount, scan.Settings.Filter, fade_px: 3 * scan.Plan.TranslationCount).Apply);
            float[] sinogram = scan.Measure(roi: null).Assembly.SinogramOf(Spottiness).Values;
            for (int rotation = 0; rotation < scan.Plan.RotationCount; rotation++)
            {
                slice.Put(rotation, sinogram.AsSpan(rotation * scan.Plan.TranslationCount, scan.Plan.TranslationCount));
            }

            return slice.ToMap("spottiness").Values;
        }
    }

    [Theory]
    [InlineData(ScanOrder.Interlaced)]
    [InlineData(ScanOrder.TranslationFast)]
    [InlineData(ScanOrder.RotationFast)]
    public void Complete_ScanThatEndsEarly_IsRegisteredByWhatThereIs(ScanOrder order)
    {
        var scan = new RoiScan(order);
        int[] first = [.. Enumerable.Range(0, scan.Plan.CellCount * 2 / 5)];
        LiveReconstruction found = scan.Measure(scan.Roi(RoiMode.Completion), first, updateEvery: 100).Reconstruction;
        Assert.InRange(found.ProjectionCount, 17, 45);
        scan.AssertRegistered(found.Outside!.Alignment!);
        Assert.Equal(order == ScanOrder.TranslationFast, found.Confidence!.Coverage.IsLimitedAngle);
        if (order == ScanOrder.Interlaced)
        {
            Assert.InRange(Errors(scan, found, Total).LowFrequency, 0, 0.1);
        }
    }

    [Fact]
    public void Complete_UniformSample_StaysAtTheNominalPlaceAndSaysSo()
    {
        var scan = new RoiScan(isUniform: true);
        LiveRoi roi = scan.Roi(RoiMode.Completion);
        LiveReconstruction found = scan.Measure(roi, updateEvery: 200).Reconstruction;
        RoiAlignment alignment = found.Outside!.Alignment!;
        Assert.False(alignment.IsFitted);
        Assert.Equal((roi.Nominal.X_um, roi.Nominal.Y_um), (alignment.X_um, alignment.Y_um));
        Assert.Contains("the ROI stays at its nominal place in the coarse scan: ", found.Remark);
        Assert.Equal(alignment.Centre_px, found.Centre_px);
    }

    [Fact]
    public void ForBlocks_BinsThatTheCoarseScanLacks_AreNaN()
    {
        // 64 bins that it has, and 6 that it has not.
        const int Bins = 70, Cells = 10 * 12;
        float[] values = new float[Cells * Bins];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = i % Bins < 64 ? 1 + (i / Bins % 10) : float.NaN;
        }

        var rays = new Compute.Roi.ScanRays([.. Enumerable.Range(0, 12).Select(r => r * Math.PI / 12)], 10, 5);
        var coarse = new Compute.Roi.CoarsePatterns(rays, values, Bins, default);
        var alignment = new RoiAlignment { X_um = 0, Y_um = 0, Centre_px = 0 };
        float[] projection = new float[21 * 64];
        Array.Fill(projection, 1);
        foreach (RoiMode mode in (RoiMode[])[RoiMode.Completion, RoiMode.Subtraction])
        {
            float[] filtered = new float[23 * 64];
            coarse.ForBlock(0, mode, alignment, 21, 1, RampFilter.Ramp)(0, projection, filtered);
            Assert.All(filtered, v => Assert.True(float.IsFinite(v)));
            coarse.ForBlock(1, mode, alignment, 21, 1, RampFilter.Ramp)(0, projection, filtered);
            Assert.All(filtered, v => Assert.True(float.IsNaN(v)));
            float[] one = new float[23];
            coarse.ForChannel(pattern => pattern[66], mode, alignment, 21, 1, RampFilter.Ramp)(0, projection.AsSpan(0, 21), one);
            Assert.All(one, v => Assert.True(float.IsNaN(v)));
        }
    }

    private static (double LowFrequency, double Bias, double Correlation) Errors(RoiScan scan, LiveReconstruction reconstruction, int channel) =>
        scan.Errors([.. reconstruction.Slices()[channel].Values.Select(v => float.IsNaN(v) ? 0 : v)], reconstruction.Centre_px);

    private static int[] Bits(float[] values) => MemoryMarshal.Cast<float, int>(values).ToArray();

    // By bin; 0 outside the circle.
    private static float[][] Slices(LiveVolume volume)
    {
        float[][] slices = [.. Enumerable.Range(0, SmallScan.Bins).Select(_ => new float[volume.Size * volume.Size])];
        float[] pattern = new float[SmallScan.Bins];
        for (int i = 0; i < slices[0].Length; i++)
        {
            Assert.True(volume.TryRead(i / volume.Size, i % volume.Size, pattern));
            for (int b = 0; b < pattern.Length; b++)
            {
                slices[b][i] = float.IsNaN(pattern[b]) ? 0 : pattern[b];
            }
        }

        return slices;
    }
}
