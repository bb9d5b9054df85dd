using System.Buffers;
using System.Text.Json;
using PureHDF;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Server;
using XrdCt.Live.Server.Integration;
using XrdCt.Live.Tests.Integration;
using XrdCt.Live.Tests.Storage;

namespace XrdCt.Live.Tests.Commands;

public sealed class IntegrateStackTests : IDisposable
{
    private const double SameSums = 1e-5;

    // Three batches of eight, the last one not full.
    private const int Many = 21;

    // What h5py and hdf5plugin write: as LImA does, and in other ways.
    private const string WriteStacks = """
        import sys, json, numpy, h5py, hdf5plugin, os
        frames = numpy.load(sys.argv[1]); folder = sys.argv[2]; n, r, c = frames.shape
        path = lambda name: os.path.join(folder, name)
        lima = dict(chunks=(1, r, c), **hdf5plugin.Bitshuffle(nelems=0, cname='lz4'))
        with h5py.File(path('lima.h5'), 'w') as f:
            f.create_dataset('/entry_0000/ESRF-ID15/pilatus/data', data=frames, **lima)
            f['/entry_0000/measurement/fpico'] = numpy.array([2.0, 4.0, 0.0, 8.0][:n] + [numpy.nan] * (n - 4))
        with h5py.File(path('gzip.h5'), 'w') as f:
            f.create_dataset('/frames', data=frames, chunks=(2, r // 2, c), compression='gzip', shuffle=True)
        with h5py.File(path('plain.h5'), 'w') as f:
            f['/entry/data/data'] = frames
        with h5py.File(path('unsigned.h5'), 'w') as f:
            f.create_dataset('/entry/data/data', data=frames.astype('u4'), **lima)
        with h5py.File(path('shuffled.h5'), 'w') as f:
            f.create_dataset('/entry/data/data', data=frames, shuffle=True, fletcher32=True, **lima)
        source = h5py.VirtualSource('lima.h5', '/entry_0000/ESRF-ID15/pilatus/data', shape=frames.shape)
        with h5py.File(path('master.h5'), 'w') as f:
            layout = h5py.VirtualLayout(shape=frames.shape, dtype=frames.dtype)
            layout[:] = source
            f.create_virtual_dataset('/1.1/measurement/pilatus', layout)
        gone = h5py.VirtualSource('gone.h5', '/data', shape=frames.shape)
        with h5py.File(path('orphan.h5'), 'w') as f:
            layout = h5py.VirtualLayout(shape=frames.shape, dtype=frames.dtype)
            layout[:] = gone
            f.create_virtual_dataset('/1.1/measurement/pilatus', layout)
        with h5py.File(path('aborted.h5'), 'w') as f:
            d = f.create_dataset('/entry/data/data', shape=frames.shape, dtype=frames.dtype, **lima)
            d[:2] = frames[:2]
        print(json.dumps(True))
        """;

    private readonly SmallFrames _files = new();

    [Theory]
    [InlineData("1")]
    [InlineData("3")]
    public void Run_ManyFrames_ComeInTheirOrder(string workers)
    {
        int[][] frames = SmallFrames.Make(Many);
        string stack = _files.WriteNpy("stack.npy", frames);

        Assert.Equal(0, _files.Integrate(stack, "--workers", workers, "--output", _files["out.h5"]));

        AssertRows(SmallFrames.Expected(frames), Intensities("out.h5"));
    }

    [Fact]
    public void Run_Hdf5_IsReadBackByH5py()
    {
        int[][] frames = SmallFrames.Make(3);
        string cut = _files.WriteEdf("b_2.edf", frames[1]);
        File.WriteAllBytes(cut, File.ReadAllBytes(cut)[..2000]);
        _files.WriteEdf("b_1.edf", frames[0]);
        _files.WriteEdf("b_10.edf", frames[2]);

        Assert.Equal(1, _files.Integrate(_files["b_*.edf"], "--filter", "mean", "--output", _files["out.h5"]));

        JsonElement read = ForeignPython.Run("h5py", """
            import sys, json, h5py, numpy
            f = h5py.File(sys.argv[1], 'r'); g = f[f.attrs['default']]; d = g[g.attrs['default']]
            number = lambda x: [None if not numpy.isfinite(v) else float(v) for v in numpy.ravel(x)]
            print(json.dumps(dict(
                signal=d.attrs['signal'], axes=list(d.attrs['axes']), shape=d['intensity'].shape, units=d['x'].attrs['units'],
                intensity=number(d['intensity'][2]), failed=number(d['intensity'][1]), integrated=d['is_integrated'][()].tolist(),
                count=d['count'][:].sum(axis=1).tolist(), mean=number(d['mean'][2]), spottiness=number(d['spottiness'][2]),
                n_eff=number(d['n_eff'][2]), sigma=number(d['sigma'][2]), errors=number(d['intensity_errors'][2]),
                source=[s.decode() for s in d['source'][()]], settings=g['process/settings'][()].decode())))
            """, _files["out.h5"]);
        double[] expected = SmallFrames.Expected([frames[2]], IntegrationFilter.Mean)[0];
        Assert.Equal("intensity", read.GetProperty("signal").GetString());
        Assert.Equal([".", "x"], read.GetProperty("axes").EnumerateArray().Select(a => a.GetString()));
        Assert.Equal("1/nm", read.GetProperty("units").GetString());
        Assert.Equal([3, SmallFrames.Bins], read.GetProperty("shape").EnumerateArray().Select(s => s.GetInt32()));
        Assert.Equal([1, 0, 1], read.GetProperty("integrated").EnumerateArray().Select(s => s.GetInt32()));
        Assert.All(read.GetProperty("failed").EnumerateArray(), v => Assert.Equal(JsonValueKind.Null, v.ValueKind));
        Assert.Equal(["b_1.edf", "b_2.edf", "b_10.edf"], read.GetProperty("source").EnumerateArray().Select(s => Path.GetFileName(s.GetString())));
        long[] counts = [.. read.GetProperty("count").EnumerateArray().Select(c => c.GetInt64())];
        Assert.Equal(0, counts[1]);
        Assert.Equal(counts[0], counts[2]);
        Assert.Contains("filter: mean", read.GetProperty("settings").GetString(), StringComparison.Ordinal);
        AssertRow(expected, Doubles(read.GetProperty("intensity")));
        AssertRow(expected, Doubles(read.GetProperty("mean")));
        Assert.Equal(Doubles(read.GetProperty("sigma")), Doubles(read.GetProperty("errors")));
        Assert.All(Doubles(read.GetProperty("spottiness")).Where(double.IsFinite), s => Assert.Equal(1, s, 1e-6));
        Assert.All(Doubles(read.GetProperty("n_eff")).Zip(Doubles(read.GetProperty("sigma"))), p => Assert.True(double.IsNaN(p.Second) || p.First > 0));
    }

    [Theory]
    [InlineData("lima.h5")]
    [InlineData("lima.h5::/entry_0000/ESRF-ID15/pilatus/data")]
    [InlineData("gzip.h5")]
    [InlineData("plain.h5")]
    [InlineData("unsigned.h5")]
    [InlineData("shuffled.h5")]
    [InlineData("master.h5::/1.1/measurement/pilatus")]
    public void Run_Hdf5Stack_GivesThePatternsOfItsFrames(string stack)
    {
        int[][] frames = Stacks(9);

        Assert.Equal(0, _files.Integrate(_files[stack], "--output", _files["out.h5"]));

        AssertRows(SmallFrames.Expected(frames), Intensities("out.h5"));
    }

    [Fact]
    public void Run_MasterFile_IsFoundWithoutNamingTheDataset()
    {
        int[][] frames = Stacks(5);
        Assert.Equal(0, _files.Integrate(_files["master.h5"], "--frames", "3:", "--output", _files["out.h5"]));
        AssertRows(SmallFrames.Expected(frames[3..]), Intensities("out.h5"));
    }

    [Fact]
    public void New_LargeTiles_NamesTheRemedy()
    {
        ImageShape shape = new(600, 500);
        ForeignPython.Run("h5py, numpy", """
            import sys, h5py, json
            with h5py.File(sys.argv[1], 'w') as f:
                layout = h5py.VirtualLayout(shape=(2, 600, 500), dtype='i4')
                layout[:, :300], layout[:, 300:] = (h5py.VirtualSource(n, '/d', shape=(2, 300, 500)) for n in ('a.h5', 'b.h5'))
                f.create_virtual_dataset('/1.1/measurement/tiles', layout)
            with h5py.File(sys.argv[2], 'w') as f:
                f.create_dataset('whole', (1, 600, 500), 'i4', chunks=(1, 600, 500))[:] = 1
                for first in ('tiles', 'whole'):
                    layout = h5py.VirtualLayout(shape=(3, 600, 500), dtype='i4')
                    t, w = h5py.VirtualSource(sys.argv[1], '/1.1/measurement/tiles', shape=(2, 600, 500)), h5py.VirtualSource(sys.argv[2], 'whole', shape=(1, 600, 500))
                    if first == 'tiles': layout[0:2], layout[2:3] = t, w
                    else: layout[0:1], layout[1:3] = w, t
                    f.create_virtual_dataset('first_' + first, layout)
            print(json.dumps(True))
            """, _files["tiles.h5"], _files["over.h5"]);
        Refused(() => new Hdf5Frames(_files["tiles.h5"], null, shape).Dispose());
        Refused(() => new Hdf5Frames(_files["over.h5"], "first_tiles", shape).Dispose());

        using Hdf5Frames later = new(_files["over.h5"], "first_whole", shape);
        ArrayBufferWriter<byte> memory = new();
        FrameHeader header = new() { SeriesId = 0, Index = 0, AcquiredAt = default };
        later.Read(0, memory, header).Dispose();
        Refused(() => later.Read(1, memory, header).Dispose());

        static void Refused(Action act) => Assert.Contains(
            "puts each frame together from several datasets", Assert.Throws<FormatException>(act).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("orphan.h5", 0)]
    [InlineData("aborted.h5", 2)]
    public void Run_FramesThatWereNeverWritten_FailAndAreNotZeros(string stack, int there)
    {
        int[][] frames = Stacks(4);
        Assert.Equal(1, _files.Integrate(_files[stack], "--output", _files["out.h5"]));
        Assert.Equal(there > 0, File.Exists(_files["out.h5"]));
        if (there > 0)
        {
            double[][] rows = Intensities("out.h5");
            AssertRows(SmallFrames.Expected(frames[..there]), rows[..there]);
            Assert.All(rows[there..], row => Assert.All(row, value => Assert.Equal(double.NaN, value)));
        }
    }

    [Fact]
    public void Run_Range_CutsAcrossFiles()
    {
        int[][] frames = SmallFrames.Make(6);
        string one = _files.WriteNpy("one.npy", frames[..4]);
        string two = _files.WriteNpy("two.npy", frames[4..]);

        Assert.Equal(0, _files.Integrate(one, two, "--frames", "3:5", "--format", "csv", "--output", _files["out"]));

        Assert.Equal(["one_00003.csv", "two_00000.csv"], Directory.GetFiles(_files["out"]).Select(f => Path.GetFileName(f)).Order());
    }

    [Fact]
    public void Run_Monitor_DividesEachFrameByItsOwn()
    {
        int[][] frames = Stacks(5);

        Assert.Equal(1, _files.Integrate(
            _files["lima.h5"], "--monitor", "/entry_0000/measurement/fpico", "--monitor-reference", "4", "--output", _files["out.h5"]));

        double[][] expected = SmallFrames.Expected(frames);
        double[][] rows = Intensities("out.h5");
        AssertRow([.. expected[0].Select(i => i * 2)], rows[0]);
        AssertRow(expected[1], rows[1]);
        Assert.All(rows[2], value => Assert.Equal(double.NaN, value));
        AssertRow([.. expected[3].Select(i => i / 2)], rows[3]);
        Assert.All(rows[4], value => Assert.Equal(double.NaN, value));
    }

    [Fact]
    public void Read_Monitor_TakesTheMedianAndTheRangesShare()
    {
        string stack = _files.WriteNpy("stack.npy", SmallFrames.Make(4));
        File.WriteAllText(_files["monitor.csv"], "time,Monitor\n0,10\n1,30\n2,20\n3,\n");
        var frames = new FrameSequence([new FrameArgument(stack, null)], SmallDetector.Geometry.Shape, 1..4);

        BeamMonitor monitor = BeamMonitor.Read(_files["monitor.csv"], frames, reference: null);

        Assert.Equal([30, 20, double.NaN], monitor.Values);
        Assert.Equal(30, monitor.Reference);
        Assert.Null(monitor.Refusal(0));
        Assert.Contains("missing", monitor.Refusal(2), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1\n2\n3", "3 values for 2 frames")]
    [InlineData("0\n-1", "above 0")]
    [InlineData("1\nnonsense", "line 2")]
    [InlineData("a b\n1 2", "called monitor")]
    public void Read_MonitorThatDoesNotFit_IsRefused(string text, string gist)
    {
        string stack = _files.WriteNpy("stack.npy", SmallFrames.Make(2));
        File.WriteAllText(_files["monitor.txt"], text);
        var frames = new FrameSequence([new FrameArgument(stack, null)], SmallDetector.Geometry.Shape, Range.All);
        Assert.Contains(gist, Assert.Throws<UserException>(() => BeamMonitor.Read(_files["monitor.txt"], frames, null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OutputExists_IsRefusedBeforeAnyWork()
    {
        string stack = _files.WriteNpy("stack.npy", SmallFrames.Make(3));
        Directory.CreateDirectory(_files["out"]);
        File.WriteAllText(_files["out/stack_00002.xy"], "precious");

        UserException refused = Assert.Throws<UserException>(() => _files.Integrate(stack, "--output", _files["out"]));

        Assert.Contains("stack_00002.xy", refused.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(Assert.Single(Directory.GetFiles(_files["out"]))));
        Assert.Equal(0, _files.Integrate(stack, "--output", _files["out"], "--overwrite"));
        Assert.Equal(3, Directory.GetFiles(_files["out"]).Length);
    }

    [Fact]
    public void Run_FramesOfOneName_AreRefused()
    {
        int[][] frames = SmallFrames.Make(2);
        _files.WriteEdf("a/f.edf", frames[0]);
        _files.WriteEdf("b/f.edf", frames[1]);
        UserException refused = Assert.Throws<UserException>(() => _files.Integrate(_files["*/f.edf"], "--output", _files["out"]));
        Assert.Contains("would both be written", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FrameOfAnotherSizeInTheMiddle_LeavesTheOthers()
    {
        int[][] frames = SmallFrames.Make(2);
        _files.WriteEdf("f_1.edf", frames[0]);
        _files.WriteEdf("f_2.edf", new int[60], 6, 10);
        _files.WriteEdf("f_3.edf", frames[1]);
        Assert.Equal(1, _files.Integrate(_files["f_*.edf"], "--output", _files["out"]));
        Assert.Equal(["f_1.xy", "f_3.xy"], Directory.GetFiles(_files["out"]).Select(f => Path.GetFileName(f)).Order());
    }

    [Fact]
    public void Read_FractionsOfCounts_AreRefused()
    {
        float[] pixels = [.. SmallFrames.Make(1)[0].Select(p => (float)p)];
        Assert.Equal(0, Integrate(pixels));
        pixels[777] = 3.25f;
        Assert.Equal(1, Integrate(pixels));

        int Integrate(float[] values)
        {
            string path = _files.WriteEdf("float.edf", [.. values.Select(BitConverter.SingleToInt32Bits)]);
            byte[] bytes = File.ReadAllBytes(path);
            "DataType = FloatValue    ;"u8.CopyTo(bytes.AsSpan(bytes.AsSpan().IndexOf("DataType"u8)));
            File.WriteAllBytes(path, bytes);
            return _files.Integrate(path, "--output", _files["out.xy"], "--overwrite");
        }
    }

    [Fact]
    public void Run_Cake_IsFrameBySectorByBin()
    {
        int[][] frames = SmallFrames.Make(3);
        string stack = _files.WriteNpy("stack.npy", frames);

        Assert.Contains(
            "--format h5", Assert.Throws<UserException>(() => _files.Integrate(stack, "--azimuth-sectors", "6", "--output", _files["out"])).Message, StringComparison.Ordinal);
        Assert.Equal(0, _files.Integrate(stack, "--azimuth-sectors", "6", "--filter", "mean", "--output", _files["out.h5"]));

        var plan = new IntegrationPlan(
            SmallDetector.Geometry, SmallDetector.Mask(), SmallDetector.Options(IntegrationFilter.Mean) with { AzimuthSectors = 6 });
        var pattern = new DiffractionPattern(plan.PatternSize);
        new ReferenceIntegrator(plan, SmallDetector.Reader()).Integrate([SmallDetector.Frame(frames[2])], [pattern]);
        using var file = H5File.OpenRead(_files["out.h5"]);
        Assert.Equal([3, 6, SmallFrames.Bins], file.Dataset("/entry/data/intensity").Space.Dimensions.Select(d => (int)d));
        Assert.Equal(plan.AzimuthAxis!.Centres_deg.ToArray(), file.Dataset("/entry/data/chi").Read<double[]>());
        float[] values = file.Dataset("/entry/data/intensity").Read<float[]>();
        AssertRow([.. Enumerable.Range(0, plan.PatternSize).Select(pattern.Intensity)], [.. values[^plan.PatternSize..].Select(v => (double)v)]);
    }

    [Fact]
    public void Read_EdfWithSeveralImages_IsRefused()
    {
        string path = _files.WriteEdf("two.edf", SmallFrames.Make(1)[0]);
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, [.. bytes, .. bytes]);
        Assert.Equal(1, _files.Integrate(path, "--output", _files["out"]));
    }

    [Fact]
    public async Task RunAsync_Stopped_HandsOnWhatWasRead()
    {
        int[][] frames = SmallFrames.Make(100);
        string stack = _files.WriteNpy("stack.npy", frames);
        var plan = new IntegrationPlan(SmallDetector.Geometry, SmallDetector.Mask(), SmallDetector.Options(IntegrationFilter.Mean));
        var sequence = new FrameSequence([new FrameArgument(stack, null)], SmallDetector.Geometry.Shape, Range.All);
        var run = new FrameRun(plan, sequence, null, () => new SimdIntegrator(plan, () => new PixelReader(plan.Geometry.Shape)), 2);
        using var stop = new CancellationTokenSource();
        var taken = new List<int>();

        await run.RunAsync(
            slot =>
            {
                Assert.Null(slot.Failure);
                taken.Add(slot.Index);
                stop.Cancel();
            },
            stop.Token);

        // The taker gives no batch back before it has stopped the reader, so no more than those that go round are read.
        Assert.InRange(taken.Count, 1, 4 * 8);
        Assert.Equal(Enumerable.Range(0, taken.Count), taken);
    }

    [Fact]
    public async Task RunAsync_TakerFails_EndsWithItsException()
    {
        string stack = _files.WriteNpy("stack.npy", SmallFrames.Make(40));
        var plan = new IntegrationPlan(SmallDetector.Geometry, SmallDetector.Mask(), SmallDetector.Options(IntegrationFilter.Mean));
        var sequence = new FrameSequence([new FrameArgument(stack, null)], SmallDetector.Geometry.Shape, Range.All);
        var run = new FrameRun(plan, sequence, null, () => new SimdIntegrator(plan, () => new PixelReader(plan.Geometry.Shape)), 2);
        IOException full = new("the disk is full");
        Assert.Same(full, await Assert.ThrowsAsync<IOException>(() => run.RunAsync(_ => throw full, TestContext.Current.CancellationToken)));
    }

    public void Dispose() => _files.Dispose();

    private static double[] Doubles(JsonElement values) =>
        [.. values.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Null ? double.NaN : v.GetDouble())];

    private static void AssertRows(double[][] expected, double[][] rows)
    {
        Assert.Equal(expected.Length, rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            AssertRow(expected[i], rows[i]);
        }
    }

    private static void AssertRow(double[] expected, double[] row)
    {
        Assert.Contains(expected, i => i > 1);
        for (int b = 0; b < expected.Length; b++)
        {
            // A cell without pixels is NaN in both.
            Assert.Equal(double.IsNaN(expected[b]), double.IsNaN(row[b]));
            Assert.True(double.IsNaN(row[b]) || Math.Abs(row[b] - expected[b]) <= SameSums * Math.Max(1, Math.Abs(expected[b])), $"bin {b}: {row[b]}, not {expected[b]}");
        }
    }

    private int[][] Stacks(int count)
    {
        int[][] frames = SmallFrames.Make(count);
        ForeignPython.Run("h5py, hdf5plugin, numpy", WriteStacks, _files.WriteNpy("source.npy", frames), _files.Folder);
        return frames;
    }

    private double[][] Intensities(string name)
    {
        using var file = H5File.OpenRead(_files[name]);
        return [.. file.Dataset("/entry/data/intensity").Read<float[]>().Select(v => (double)v).Chunk(SmallFrames.Bins)];
    }
}
