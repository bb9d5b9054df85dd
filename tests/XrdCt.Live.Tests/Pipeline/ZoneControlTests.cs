using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Pipeline;

namespace XrdCt.Live.Tests.Pipeline;

public sealed class ZoneControlTests
{
    private static readonly ForbiddenZone Configured = new(5000, 0, 20), Drawn = new(-110, 60, 50), Other = new(1.25, -3, 0);

    private readonly FakeClock _clock = new();
    private readonly List<string> _said = [];

    [Fact]
    public void TryChange_OnTheRevisionThatHolds_IsTakenAndSaid()
    {
        ZoneControl control = Control(Configured);
        long first = control.Zones.Revision;
        Assert.Equal(_clock.GetUtcNow().ToUnixTimeMilliseconds(), first);

        Assert.Equal(ZoneAnswer.Taken, control.TryChange("a page", first, [Configured, Drawn, Drawn]));
        Assert.Equal(first + 1, control.Zones.Revision);
        Assert.Equal([Configured, Drawn], control.Zones.Zones);
        Assert.Equal(control.Zones.Zones, control.Changed);
        Assert.Equal(ZoneAnswer.Taken, control.TryChange("another", first + 1, [Drawn, Other]));
        Assert.Equal(
            ["a page changed the forbidden zones: added 50 µm around (-110, 60) µm", "another changed the forbidden zones: added 0 µm around (1.3, -3) µm, removed 20 µm around (5000, 0) µm"],
            _said);

        // The thread that ranks sees the last of them, once.
        Assert.True(control.TryTake(out ForbiddenZones taken, out string changes));
        Assert.Equal((first + 2, 2), (taken.Revision, taken.Zones.Count));
        Assert.Equal("another changed the forbidden zones: added 50 µm around (-110, 60) µm and 0 µm around (1.3, -3) µm, removed 20 µm around (5000, 0) µm", changes);
        Assert.False(control.TryTake(out _, out _));
    }

    [Fact]
    public void TryChange_OnAnOlderRevision_UndoesNobodysChange()
    {
        ZoneControl control = Control();
        long first = control.Zones.Revision;
        Assert.Equal(ZoneAnswer.Taken, control.TryChange("a page", first, [Drawn]));
        Assert.Equal(ZoneAnswer.Outdated, control.TryChange("another", first, [Other]));
        Assert.Equal(ZoneAnswer.Outdated, control.TryChange("another", first + 2, [Other]));
        Assert.Equal([Drawn], control.Zones.Zones);
        Assert.Single(_said);

        // The same wish again, whose answer was lost.
        Assert.Equal(ZoneAnswer.Taken, control.TryChange("a page", first, [Drawn]));
        Assert.Equal(first + 1, control.Zones.Revision);
        Assert.Single(_said);
    }

    [Fact]
    public void TryChange_FromManyThreads_LosesNone()
    {
        ZoneControl control = Control();
        Parallel.For(0, 8, thread =>
        {
            for (int i = 0; i < 8; i++)
            {
                ForbiddenZones known;
                do
                {
                    known = control.Zones;
                }
                while (control.TryChange("a thread", known.Revision, [.. known.Zones, new ForbiddenZone(thread, i, 1)]) != ZoneAnswer.Taken);
            }
        });
        Assert.Equal(64, control.Zones.Zones.Count);
        Assert.Equal(64, _said.Count);
    }

    [Fact]
    public void TryTake_ChangedThereAndBack_HasTheRevisionAndNothingToSay()
    {
        ZoneControl control = Control(Drawn);
        long first = control.Zones.Revision;
        control.TryChange("a page", first, []);
        control.TryChange("a page", first + 1, [Drawn]);
        Assert.True(control.TryTake(out ForbiddenZones taken, out string changes));
        Assert.Equal((first + 2, ""), (taken.Revision, changes));
    }

    [Fact]
    public void TryChange_Closed_IsNot()
    {
        ZoneControl control = Control();
        control.TryChange("a page", control.Zones.Revision, [Drawn]);
        control.Close();
        Assert.False(control.IsOpen);
        Assert.Equal(ZoneAnswer.Closed, control.TryChange("a page", control.Zones.Revision, []));
        Assert.Equal([Drawn], control.Changed);
        Assert.True(control.TryTake(out _, out _));
    }

    [Fact]
    public void Changed_OfAnEarlierSlice_StaysSo()
    {
        Assert.Null(Control(Drawn).Changed);
        Assert.Equal([Drawn], new ZoneControl([Drawn], isChanged: true, isOpen: true, Choices, _clock, _said.Add).Changed);
    }

    [Fact]
    public void TryChange_NoneOfTheChoices_IsRefusedInOneSentence()
    {
        // What was configured may stay wherever it is.
        ZoneControl control = Control(Configured);
        Assert.Equal("a zone must lie within 1000 µm of the rotation axis in x and y, not at (1000.5, 0)", Refusal([Configured, new(1000.5, 0, 1)]));
        Assert.Equal("a zone must lie within 1000 µm of the rotation axis in x and y, not at (0, -1001)", Refusal([new(0, -1001, 1)]));
        Assert.Equal("a zone must lie within 1000 µm of the rotation axis in x and y, not at (NaN, 0)", Refusal([new(double.NaN, 0, 1)]));
        Assert.Equal("the radius of a zone must be 0 to 500 µm, not -1", Refusal([new(0, 0, -1)]));
        Assert.Equal("the radius of a zone must be 0 to 500 µm, not 500.5", Refusal([new(0, 0, 500.5)]));
        Assert.Equal("the radius of a zone must be 0 to 500 µm, not NaN", Refusal([new(0, 0, double.NaN)]));
        Assert.Equal("at most 64 zones are taken, not 65", Refusal([.. Enumerable.Range(0, 65).Select(i => new ForbiddenZone(i, 0, 1))]));
        Assert.Empty(_said);
        Assert.Equal(ZoneAnswer.Taken, control.TryChange("a page", control.Zones.Revision, [Configured, new(-1000, 1000, 500), .. Enumerable.Range(0, 62).Select(i => new ForbiddenZone(i, 0, 0))]));
        Assert.EndsWith(" and 57 more", _said[0], StringComparison.Ordinal);

        string Refusal(ForbiddenZone[] zones) => Assert.Throws<ArgumentException>(() => control.TryChange("a page", control.Zones.Revision, zones)).Message;
    }

    [Fact]
    public void Refuse_MoreThanTheMost_MayBecomeFewer()
    {
        ForbiddenZone[] many = [.. Enumerable.Range(0, 70).Select(i => new ForbiddenZone(i, 0, 1))];
        Assert.Null(Choices.Refuse(many, many[1..]));
        Assert.Null(Choices.Refuse(many, [.. many[1..], Drawn]));
        Assert.Equal("at most 70 zones are taken, not 71", Choices.Refuse(many, [.. many, Drawn]));
    }

    [Fact]
    public void Of_Plan_AreOfItsWidth() => Assert.Equal(new ZoneChoices(2020, 1010), ZoneChoices.Of(new ScanPlan(101, 80, 10)));

    private static ZoneChoices Choices { get; } = new(1000, 500);

    private ZoneControl Control(params ForbiddenZone[] zones) => new(zones, isChanged: false, isOpen: true, Choices, _clock, sentence =>
    {
        lock (_said)
        {
            _said.Add(sentence);
        }
    });
}
